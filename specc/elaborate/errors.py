"""What can be wrong with names, arguments and structure: one function per mistake, its wording in one place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specc.diagnostics import Diagnostic, Edit, Help, Label, Reason
from specc.dims.expr import Dim
from specc.elaborate.scope import suggestions
from specc.ops.elsewhere import NAMES
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


def unknown_name(name: str, known: Iterable[str], span: Span) -> Diagnostic:
    return Diagnostic("E0201", f"unknown name `{name}`", Label(span, "not bound here"), help=nearest(name, known, span))


def unknown_layer(name: str, known: Iterable[str], span: Span) -> Diagnostic:
    word = "layer or block" if name[:1].isupper() else "layer or function"
    here = NAMES.get(name, "")
    if " " in here:
        hint: tuple[Help, ...] = (Help(here),)
    else:
        hint = (Help(f"here it is called `{here}`", (Edit(span, here),)),) if here else nearest(name, known, span)
    return Diagnostic(
        "E0202", f"unknown {word} `{name}`", Label(span, "no layer, block, recipe or function has this name"), help=hint
    )


def unknown_argument(op: str, name: str, known: Iterable[str], span: Span) -> Diagnostic:
    known = list(known)
    if name == "inplace":
        return Diagnostic(
            "E0203",
            f"`{op}` has no argument `inplace`",
            Label(span, "decided by the compiler"),
            help=(Help("leave it out: the generated code works in place where that is safe"),),
        )
    takes = f"it takes {listed(known, 12)}" if known else "it takes no arguments"
    word = Span(span.source, span.start, span.start + len(name)) if span.text.startswith(name) else span
    return Diagnostic("E0203", f"`{op}` has no argument `{name}`", Label(span, takes), help=nearest(name, known, word))


def missing_argument(op: str, name: str, doc: str, span: Span) -> Diagnostic:
    text = f"`{op}` needs `{name}`" + (f": {doc}" if doc else "")
    return Diagnostic("E0204", text, Label(span, f"`{name}` is missing"), help=(Help(f"write `{op}({name}=...)`"),))


def too_many_arguments(op: str, taken: int, names: Iterable[str], span: Span) -> Diagnostic:
    names = list(names)
    what = f"takes at most {taken} argument{'s' * (taken != 1)} by position"
    note = f"in order: {listed(names, 12)}" if names else ""
    return Diagnostic("E0205", f"`{op}` {what}", Label(span, "one too many"), notes=(note,) if note else ())


def given_twice(op: str, name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0206", f"`{name}` is given twice to `{op}`", Label(span, "already given"), help=(Help("remove one of the two"),)
    )


def wrong_argument(op: str, name: str, expected: str, found: str, span: Span) -> Diagnostic:
    fixes: tuple[Help, ...] = ()
    if found == "a float" and expected.startswith("an int"):
        at = span.text.find("/")
        if span.text.count("/") == 1:
            slash = Span(span.source, span.start + at, span.start + at + 1)
            fixes = (Help("`/` gives a float; `//` divides ints", (Edit(slash, "//"),)),)
        else:
            fixes = (Help("`int`, `round`, `ceil` and `floor` say how a float becomes an int"),)
    return Diagnostic(
        "E0207", f"`{name}` of `{op}` must be {expected}, not {found}", Label(span, f"this is {found}"), help=fixes
    )


def argument_value(op: str, name: str, why: str, span: Span) -> Diagnostic:
    return Diagnostic("E0208", f"`{name}` of `{op}` cannot have this value: {why}", Label(span, why))


def wrong_choice(op: str, name: str, found: str, choices: Iterable[str], span: Span) -> Diagnostic:
    choices = list(choices)
    close = suggestions(found, choices)
    fix = (Help(f'did you mean "{close[0]}"?', (Edit(span, f'"{close[0]}"'),)),) if close else ()
    return Diagnostic(
        "E0208", f"`{name}` of `{op}` cannot be {found!r}", Label(span, f"one of {listed(choices, 12)}"), help=fix
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
    return Diagnostic("E0210", f"`{name}` is {found}, where {expected} is expected", Label(span, f"this is {found}"))


def not_a_value(found: str, expected: str, span: Span) -> Diagnostic:
    return Diagnostic("E0210", f"expected {expected}, found {found}", Label(span, f"this is {found}"))


def layer_called(name: str, argument: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0211",
        f"the layer `{name}` is applied with an arrow, not with parentheses",
        Label(span, "a layer is fed by `->`"),
        help=(Help(f"write `{argument} -> {name}`"),),
    )


def method_called(value: str, method: str, args: str, span: Span) -> Diagnostic:
    stage = f"{method}({args})" if args else method
    return Diagnostic(
        "E0212",
        f"tensors have no methods; `{method}` is a stage of a chain",
        Label(span, "method call"),
        help=(Help(f"write `{value} -> {stage}`", (Edit(span, f"({value} -> {stage})"),)),),
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
    fix = (
        'compare it: `x > 0`, `name == "relu"`'
        if found != "a tensor"
        else "a value of a tensor is known only at run time; use `where(condition, a, b)`"
    )
    return Diagnostic(
        "E0214", f"a condition must be true or false, not {found}", Label(span, f"this is {found}"), help=(Help(fix),)
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
    return Diagnostic(
        "E0217",
        f"this loop has {count} iterations; at most {limit:,} nodes are allowed",
        Label(span, "too many iterations"),
        help=(Help("raise the limit with `--max-nodes` (up to 500000) if you mean it"),),
    )


def unpack_count(targets: Sequence[str], found: int, results: Sequence[str], statement: Span, span: Span) -> Diagnostic:
    """`results`: what the values are called; `statement` begins with the targets."""
    n = len(targets)
    values = f"{found} value{'s' * (found != 1)}"
    listed = f": {', '.join(results)}" if results else ""
    names = [*targets[:found], *["_"] * (found - n)]
    written = statement.text.find("=")
    edits = (Edit(Span(statement.source, statement.start, statement.start + written), f"{', '.join(names)} "),)
    return Diagnostic(
        "E0218",
        f"{n} name{'s' * (n != 1)} for {values}",
        Label(span, f"gives {values}{listed}"),
        help=(Help("`_` takes what is not needed" if n < found else f"there {'is' if found == 1 else 'are'} {values}", edits),)
        if written > 0 and found > 1
        else (),
    )


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
    return Diagnostic(
        "E0219", f"index {index} is outside a list of {length}", Label(span, f"the list has {length} item{'s' * (length != 1)}")
    )


def unknown_symbol(name: str, known: Iterable[str], span: Span) -> Diagnostic:
    return Diagnostic(
        "E0220",
        f"unknown size `{name}`",
        Label(span, "no parameter, constant or size has this name"),
        help=(*nearest(name, known, span), Help("a size is introduced by a plain name in an input's type")),
    )


def unknown_type(name: str, span: Span) -> Diagnostic:
    known = ["float", "int", "bool", "complex", "uint8", "dim", "layer", "str", "list"]
    return Diagnostic("E0221", f"unknown type `{name}`", Label(span, "not a type"), help=nearest(name, known, span))


def reserved_label(label: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0224",
        f"a layer cannot be called `{label}`: every torch module already has an attribute of that name",
        Label(span, "taken by nn.Module"),
        help=(Help(f"call it `{label}_` or something more telling", (Edit(span, f"{label}_"),)),),
    )


def recursion(path: Iterable[str], span: Span) -> Diagnostic:
    return Diagnostic(
        "E0403",
        "blocks use each other in a circle: " + " -> ".join(path),
        Label(span, "closes the circle"),
        help=(Help("a repeat is a `for`; what is carried between steps is a `state`"),),
    )


def too_many_nodes(count: int, limit: int, span: Span | None) -> Diagnostic:
    return Diagnostic(
        "E0404",
        f"the model has {count:,} nodes; at most {limit:,} are allowed",
        Label(span, "counted here") if span else None,
        help=(Help("raise the limit with `--max-nodes` (up to 500000) if you mean it"),),
    )


def let_cycle(name: str, span: Span) -> Diagnostic:
    return Diagnostic("E0405", f"`{name}` is defined by itself", Label(span, "closes the circle"))


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


def feed_count(name: str, most: int, found: int, names: Iterable[str], span: Span) -> Diagnostic:
    takes = listed(names)
    return Diagnostic(
        "E0229",
        f"`{name}` takes {most} tensor{'s' * (most != 1)}, but {found} {'is' if found == 1 else 'are'} fed to it",
        Label(span, f"it takes {takes}" if takes else "it takes no tensor"),
    )


def feed_missing(name: str, operand: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0230",
        f"`{name}` also needs the tensor `{operand}`",
        Label(span, f"`{operand}` is not fed"),
        help=(Help(f"feed it by name: `(x, {operand}=...) -> {name}(...)`"),),
    )


def carried_type(name: str, before: str, after: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0408", f"`{name}` changes its type from one round to the next", Label(span, f"{before} becomes {after}")
    )


def branch_types(name: str, then: str, orelse: str, span: Span) -> Diagnostic:
    return Diagnostic("E0409", f"`{name}` has different types in the two branches", Label(span, f"{then} or {orelse}"))


def not_at_run_time(what: str, span: Span, fix: str) -> Diagnostic:
    return Diagnostic("E0410", what, Label(span, "not possible at run time"), help=(Help(fix),))


def input_without_type(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0412",
        f"the type of the input `{name}` is not given, and what uses it does not settle it",
        Label(span, "of which type?"),
        help=(Help(f"write it: `input {name}: float[B, ...]`"),),
    )


def input_default(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0241",
        f"the input `{name}` has a default other than `none`",
        Label(span, "expected `none`"),
        help=(Help(f"write `= none`, and say in the body what stands for it: `other if {name} is none else {name}`"),),
    )


def entry_circle(path: Iterable[str], span: Span) -> Diagnostic:
    return Diagnostic("E0411", "entries call each other in a circle: " + " -> ".join(path), Label(span, "closes the circle"))


# --- requirements ----------------------------------------------------------------------------------------------


def require_failed(message: str | None, condition: str, values: str, span: Span, because: tuple[Reason, ...]) -> Diagnostic:
    headline = message or f"`require {condition}` does not hold"
    return Diagnostic("E0320", headline, Label(span, f"here {values}" if values else "this is false"), because=because)
