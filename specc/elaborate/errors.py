"""What can be wrong with names, arguments and structure: one function per mistake, its wording in one place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from specc.diagnostics import Diagnostic, Edit, Help, Label, Reason
from specc.dims.expr import Dim
from specc.elaborate.scope import suggestions
from specc.ops.elsewhere import NAMES
from specc.record import Record
from specc.source import Span


def nearest(name: str, known: Iterable[str], span: Span) -> tuple[Help, ...]:
    close = suggestions(name, known)
    if not close:
        return ()
    return (Help(f"did you mean `{close[0]}`?", (Edit(span, close[0]),)),)


def listed(words: Iterable[str], most: int = 8) -> str:
    items = [f"`{word}`" for word in words]
    if len(items) > most:
        return ", ".join(items[:most]) + f" and {len(items) - most} more"
    return ", ".join(items)


# --- names -----------------------------------------------------------------------------------------------------


def bound_within(name: str, span: Span, within: Span, what: str) -> Diagnostic:
    """`what`: `loop` or `branch`."""
    advice = "before the loop as well" if what == "loop" else "in the other branch or before as well"
    return Diagnostic(
        "E0201",
        f"unknown name `{name}`: it is bound within a {what}, and does not exist after it",
        Label(span, "not bound here"),
        (Label(within, f"bound here, within the {what}"),),
        help=(Help(f"bind `{name}` {advice}: it then has a value either way"),),
    )


def unknown_name(name: str, known: Iterable[str], span: Span) -> Diagnostic:
    return Diagnostic("E0201", f"unknown name `{name}`", Label(span, "not bound here"), help=nearest(name, known, span))


MODULES = ("F", "nn", "torch", "nn.functional", "torch.nn", "torch.nn.functional", "tf", "np", "keras", "layers")


def unknown_layer(name: str, known: Iterable[str], span: Span, imports: tuple[Help, ...] = ()) -> Diagnostic:
    """`imports`: where the bundled library defines it."""
    word = "layer or block" if name[:1].isupper() else "layer or function"
    module, _, plain = name.rpartition(".")
    here = plain if module in MODULES else NAMES.get(name, "")
    if " " in here:
        hint: tuple[Help, ...] = (Help(here),)
    else:
        hint = (Help(f"here it is called `{here}`", (Edit(span, here),)),) if here else imports or nearest(name, known, span)
    return Diagnostic(
        "E0202", f"unknown {word} `{name}`", Label(span, "no layer, block, recipe or function has this name"), help=hint
    )


def duplicate(what: str, name: str, span: Span, first: Span | None) -> Diagnostic:
    secondary = (Label(first, "first here"),) if first is not None else ()
    fix = (Help("give one of them another name"),)
    if what == "layer":
        fix = (
            Help(f"to use the same layer again, name it without its arguments: `-> {name}`; for a new one take another label"),
        )
    return Diagnostic("E0209", f"the {what} `{name}` is defined twice", Label(span, "again here"), secondary, help=fix)


def wrong_kind(name: str, found: str, expected: str, span: Span) -> Diagnostic:
    fixes = (Help(f"apply it to a tensor: `x -> {name}`"),) if found == "a layer" and "tensor" in expected else ()
    return Diagnostic(
        "E0210", f"`{name}` is {found}, where {expected} is expected", Label(span, f"this is {found}"), help=fixes
    )


def not_a_value(found: str, expected: str, span: Span) -> Diagnostic:
    fixes: tuple[Help, ...] = ()
    if found == "a float" and expected.startswith("an int"):
        fixes = (Help("`int`, `round`, `ceil` and `floor` say how a float becomes an int; `//` divides ints"),)
    return Diagnostic("E0210", f"expected {expected}, found {found}", Label(span, f"this is {found}"), help=fixes)


def _as_chain(span: Span, chain: str) -> Edit:
    """An expression made a chain, in parentheses where it is not all that is bound."""
    before = span.source.text[: span.start].rstrip()
    after = span.source.text[span.end :].lstrip(" ")[:2]
    alone = before.endswith(("=", "output")) and (after in ("", "->") or after[:1] in "\n;}#")
    return Edit(span, chain if alone else f"({chain})")


def layer_called(name: str, argument: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0211",
        f"the layer `{name}` is applied with an arrow, not with parentheses",
        Label(span, "a layer is fed by `->`"),
        help=(Help(f"write `{argument} -> {name}`", (_as_chain(span, f"{argument} -> {name}"),)),),
    )


def method_called(value: str, method: str, args: str, span: Span) -> Diagnostic:
    """`value.method(args)`: a method of a tensor, or a function of a module as Python has them."""
    called = NAMES.get(method, method) if " " not in NAMES.get(method, "") else method
    if value == "self":
        fix = Help(f"write `{args or 'x'} -> {method}`", (_as_chain(span, f"{args or 'x'} -> {method}"),))
        return Diagnostic(
            "E0212", "there is no `self`: layers are reached by their names", Label(span, "not a value here"), help=(fix,)
        )
    if value in MODULES:
        return Diagnostic(
            "E0212",
            f"layers and functions have no `{value}.` before their names",
            Label(span, "a function of a module"),
            help=(Help(f"write `{called}({args})`", (Edit(span, f"{called}({args})"),)),),
        )
    if method == "size":
        return size_attribute(value, method, span)
    stage = f"{called}({args})" if args else called
    return Diagnostic(
        "E0212",
        f"tensors have no methods; `{called}` is a stage of a chain",
        Label(span, "method call"),
        help=(Help(f"write `{value} -> {stage}`", (_as_chain(span, f"{value} -> {stage}"),)),),
    )


def size_attribute(tensor: str, name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0239",
        f"tensors have no `{name}`; sizes have names in the input's type",
        Label(span, "attribute of a tensor"),
        help=(Help(f"name the sizes where `{tensor}` comes in, `input {tensor}: [B, T, d]`, and use the names"),),
    )


def bad_operands(op: str, left: str, right: str, span: Span, why: str = "") -> Diagnostic:
    if why not in ("", "operands", "condition"):
        return no_value(f"`{op}`", why, span)
    return Diagnostic("E0213", f"`{op}` does not work between {left} and {right}", Label(span, f"{left} {op} {right}"))


def no_value(what: str, why: str, span: Span) -> Diagnostic:
    return Diagnostic("E0235", f"{what} has no value here: {why}", Label(span, why))


def bad_operand(op: str, found: str, span: Span, expected: str = "") -> Diagnostic:
    tail = f"; it takes {expected}" if expected else ""
    return Diagnostic("E0213", f"`{op}` does not work on {found}{tail}", Label(span, f"this is {found}"))


def not_a_condition(found: str, span: Span) -> Diagnostic:
    if found == "a tensor":
        fix = Help("a value of a tensor is known only at run time; use `where(condition, a, b)`")
    elif found in ("an int", "a float"):
        fix = Help("compare it", (Edit(Span(span.source, span.end, span.end), " > 0"),))
    else:
        fix = Help('compare it, as in `name == "relu"` or `len(widths) > 0`')
    return Diagnostic("E0214", f"a condition must be true or false, not {found}", Label(span, f"this is {found}"), help=(fix,))


def logical_tensors(word: str, operator: Span, span: Span) -> Diagnostic:
    sign = "&" if word == "and" else "|"
    return Diagnostic(
        "E0214",
        f"`{word}` joins conditions that are known when the model is built, not tensors",
        Label(span, "this is a tensor"),
        help=(Help(f"tensors of bools are joined by `{sign}`, element by element", (Edit(operator, sign),)),),
    )


def undecided_condition(names: Iterable[str], span: Span) -> Diagnostic:
    names = list(names)
    return Diagnostic(
        "E0215",
        f"this condition depends on {listed(names)}, which {'is' if len(names) == 1 else 'are'} known only at run time",
        Label(span, "must be decided when the model is built"),
        help=(
            Help(
                f"make `{names[0]}` a parameter of the model, or fix it in the input's type"
                if names
                else "use values known at compile time"
            ),
        ),
    )


def not_iterable(found: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0216",
        f"`for` needs a list or a range, not {found}",
        Label(span, f"this is {found}"),
        help=(Help("for n rounds write `0..n`"),),
    )


def too_many_rounds(count: object, limit: int, span: Span) -> Diagnostic:
    possible = int(str(count).replace(",", "")) <= 500_000
    return Diagnostic(
        "E0217",
        f"this loop has {count} iterations; at most {limit:,} nodes are allowed",
        Label(span, "too many iterations"),
        help=(Help("raise the limit with `--max-nodes` (up to 500000) if you mean it"),) if possible else (),
    )


def unpack_count(targets: Sequence[str], found: int, results: Sequence[str], statement: Span, span: Span) -> Diagnostic:
    """`results`: what the values are called; `statement` begins with the targets."""
    n = len(targets)
    values = f"{found} value{'s' * (found != 1)}"
    listed = f": {', '.join(results)}" if results else ""
    names = [*targets[:found], *["_"] * (found - n)]
    written = statement.text.find("=")
    edits = (Edit(Span(statement.source, statement.start, statement.start + written), f"{', '.join(names)} "),)
    counts = [match.start() for match in re.finditer(rf"\b{found}\b", span.text)]
    pieces: tuple[Help, ...] = ()
    if len(counts) == 1 and not results:
        at = span.start + counts[0]
        edit = Edit(Span(span.source, at, at + len(str(found))), str(n))
        pieces = (Help(f"{n} names take {n} values", (edit,), tentative=True),)
    text = "`_` takes what is not needed" if n < found else f"there are {values}"
    fixes = (*pieces, Help(text, edits)) if written > 0 and found > 1 else pieces
    headline = f"{n} name{'s' * (n != 1)} for {values}"
    return Diagnostic("E0218", headline, Label(span, f"gives {values}{listed}"), help=fixes)


def item_count(targets: int, found: int, span: Span) -> Diagnostic:
    """The items that a loop takes apart."""
    return Diagnostic(
        "E0218",
        f"{targets} name{'s' * (targets != 1)} for {found} value{'s' * (found != 1)}",
        Label(span, f"an item is {'one value' if found == 1 else f'{found} values'}"),
    )


def rows_differ(name: str, before: Iterable[Dim], now: Iterable[Dim], span: Span) -> Diagnostic:
    was, found = (f"[{', '.join(map(str, dims))}]" for dims in (before, now))
    return Diagnostic(
        "E0318",
        f"`...{name}` is {was}, but {found} here",
        Label(span, f"this is {found}"),
        help=(Help(f"`...{name}` stands for the same dimensions everywhere; give these another name"),),
    )


def index_range(index: object, length: int, span: Span) -> Diagnostic:
    last = Help(f"items count from 0: the last one is {length - 1}, or -1") if length else Help("an empty list has no items")
    has = f"the list has {length} item{'s' * (length != 1)}"
    return Diagnostic("E0219", f"index {index} is outside a list of {length}", Label(span, has), help=(last,))


def unknown_symbol(name: str, known: Iterable[str], span: Span, in_output: bool = False) -> Diagnostic:
    how = "a size is introduced by a plain name in an input's type"
    if in_output:
        how += "; in an output's, `_` stands for any size, and `?K` for one that only the data decide"
    return Diagnostic(
        "E0220",
        f"unknown size `{name}`",
        Label(span, "no parameter, constant or size has this name"),
        help=(*nearest(name, known, span), Help(how)),
    )


def unknown_type(name: str, span: Span) -> Diagnostic:
    known = ["float", "int", "bool", "complex", "uint8", "dim", "layer", "str", "list"]
    word = Span(span.source, span.start, span.start + len(name))
    here = _TYPES.get(name.rstrip("0123456789"))
    fix = nearest(name, known, word)
    if here is not None:
        fix = (Help(f"types are kinds of number, not widths: `{here}`", (Edit(word, here),)),)
    return Diagnostic("E0221", f"unknown type `{name}`", Label(word, "not a type"), help=fix)


_TYPES = {
    "float": "float", "double": "float", "half": "float", "bfloat": "float", "Tensor": "float",
    "int": "int", "long": "int", "short": "int", "uint": "uint8", "boolean": "bool", "string": "str", "tuple": "list",
}  # fmt: skip


def reserved_label(label: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0224",
        f"a layer cannot be called `{label}`: every torch module already has an attribute of that name",
        Label(span, "taken by nn.Module"),
        help=(Help(f"call it `{label}_` or something more telling", (Edit(span, f"{label}_"),)),),
    )


def never_solved(label: str, op: str, argument: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0242",
        f"the layer `{label}` is never applied, so its `{argument}` is not known",
        Label(span, f"`{op}` takes `{argument}` from its input"),
        help=(Help(f"apply it, `-> {label}`, remove it, or give the size: `{op}({argument}=...)`"),),
    )


def no_output(what: str, name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0406",
        f"{what} `{name}` has no output",
        Label(span, "nothing leaves it"),
        help=(Help("end a chain with `-> output name`, or write `output value`"),),
    )


def no_input(what: str, name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0407",
        f"{what} `{name}` has no input",
        Label(span, "nothing enters it"),
        help=(Help("begin with `input x: float[...]`"),),
    )


def carried_type(name: str, before: str, after: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0408", f"`{name}` changes its type from one round to the next", Label(span, f"{before} becomes {after}")
    )


def branch_types(name: str, then: str, orelse: str, span: Span) -> Diagnostic:
    return Diagnostic("E0409", f"{name} has different types in the two branches", Label(span, f"{then} or {orelse}"))


def not_at_run_time(what: str, span: Span, fix: str) -> Diagnostic:
    return Diagnostic("E0410", what, Label(span, "not possible at run time"), help=(Help(fix),))


def input_without_type(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0412",
        f"the type of the input `{name}` is not given, and what uses it does not settle it",
        Label(span, "of which type?"),
        help=(Help(f"write it: `input {name}: float[B, ...]`"),),
    )


def input_default(name: str, kind: str, span: Span) -> Diagnostic:
    """`kind`: `float`, `dim` and so on for an input that is one number."""
    if kind:
        takes = {"dim": "a whole number", "int": "a whole number", "bool": "`true` or `false`"}.get(kind, "a number")
        return Diagnostic(
            "E0241",
            f"the default of the input `{name}` must be {takes}",
            Label(span, f"`{name}` is declared `{kind}`"),
            help=(Help(f"write {takes}, or `none`"),),
        )
    return Diagnostic(
        "E0241",
        f"the input `{name}` has a default other than `none`",
        Label(span, "expected `none`"),
        help=(Help(f"write `= none`, and say in the body what stands for it: `other if {name} is none else {name}`"),),
    )


def entry_circle(path: Iterable[str], span: Span) -> Diagnostic:
    return Diagnostic("E0411", "entries call each other in a circle: " + " -> ".join(path), Label(span, "closes the circle"))


# --- requirements ----------------------------------------------------------------------------------------------


class Required(Record):
    """A `require` that does not hold: its message, its condition, the values in it, its place, and what would fit."""

    message: str | None
    condition: str
    values: str
    span: Span
    nearest: str


def require_failed(broken: Required, calls: tuple[Reason, ...]) -> Diagnostic:
    label = Label(broken.span, f"here {broken.values}" if broken.values else "this is false")
    headline = broken.message or f"`require {broken.condition}` does not hold"
    return Diagnostic("E0320", headline, label, because=calls, help=(Help(broken.nearest),) if broken.nearest else ())
