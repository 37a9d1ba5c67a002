"""What can be wrong with the syntax of a file: one function per mistake."""

from __future__ import annotations

from collections.abc import Iterable

from specc.diagnostics import Diagnostic, Edit, Help, Label
from specc.source import Span
from specc.syntax import ast

# --- what was expected ---------------------------------------------------------------------------------------------


def unexpected(found: Span, what: str, expected: str, after: str) -> Diagnostic:
    """`what` is the find in words, `expected` what could stand here in words, `after` the sign or word before."""
    where = f" after `{after}`" if after else ""
    if not expected:
        return Diagnostic("E0101", f"{what} cannot stand here{where}", Label(found))
    return Diagnostic("E0101", f"expected {expected}{where}, found {what}", Label(found, f"expected {expected}"))


def nothing_follows(after: Span, expected: str) -> Diagnostic:
    return Diagnostic("E0129", f"nothing follows this `{after.text}`", Label(after, f"expected {expected} after it"))


def missing_comma(before: Span, found: Span) -> Diagnostic:
    gap = Span(before.source, before.end, before.end)
    return Diagnostic(
        "E0108",
        "a comma is missing",
        Label(found, f"expected `,` before this, after `{_short(before)}`"),
        help=(Help("put a comma between the two", (Edit(gap, ","),)),),
    )


def two_statements(before: Span, found: Span) -> Diagnostic:
    gap = Span(before.source, before.end, before.end)
    return Diagnostic(
        "E0109",
        "a statement ends at the end of its line",
        Label(found, "this begins another statement"),
        help=(
            Help("put it on a line of its own, or `;` between the two", (Edit(gap, ";"),)),
            Help("or feed the one to the other with `->`"),
        ),
    )


# --- brackets and strings ------------------------------------------------------------------------------------------


def not_closed(opener: Span, sign: str, here: Span, suspect: Span | None) -> Diagnostic:
    secondary = [Label(here, "not closed when this comes" if here.text.strip() else "the file ends here")]
    if suspect is not None:
        secondary.append(Label(suspect, "the brace that closes this one is indented otherwise"))
    return Diagnostic(
        "E0102",
        f"this `{sign}` is never closed",
        Label(opener, "opened here"),
        tuple(secondary),
        help=(Help(f"add the missing `{_closer(sign)}`"),),
    )


def closes_nothing(at: Span, sign: str, opener: Span | None) -> Diagnostic:
    secondary = (Label(opener, f"what is open here is this `{opener.text}`"),) if opener else ()
    return Diagnostic(
        "E0103",
        f"this `{sign}` closes nothing",
        Label(at, "no bracket of its kind is open"),
        secondary,
        help=(Help("remove it", (Edit(at, ""),)),),
    )


def unterminated_string(span: Span) -> Diagnostic:
    end = Span(span.source, span.end, span.end)
    return Diagnostic(
        "E0104",
        "this string has no end",
        Label(span, 'a string ends on its line, with `"`'),
        help=(Help("close the string", (Edit(end, '"'),)),),
    )


def unterminated_docstring(span: Span) -> Diagnostic:
    return Diagnostic("E0104", 'this docstring has no end: its `"""` is never closed', Label(span, "opened here"))


def single_quotes(span: Span) -> Diagnostic:
    text = span.text.strip("'").replace('"', '\\"')
    return Diagnostic(
        "E0125", "strings stand in double quotes", Label(span), help=(Help("write it so", (Edit(span, f'"{text}"'),)),)
    )


def unknown_escape(span: Span, escape: str) -> Diagnostic:
    return Diagnostic(
        "E0116",
        f"a string knows no `{escape}`",
        Label(span, 'the escapes are `\\n`, `\\t`, `\\\\` and `\\"`'),
        help=(Help("for a backslash itself, double it", (Edit(span, "\\" + escape),)),),
    )


# --- words and signs of other languages ----------------------------------------------------------------------------


def sign_elsewhere(span: Span, right: str) -> Diagnostic:
    return Diagnostic(
        "E0106", f"`{span.text}` is written `{right}` here", Label(span), help=(Help(f"write `{right}`", (Edit(span, right),)),)
    )


def no_such_sign(span: Span, why: str) -> Diagnostic:
    return Diagnostic("E0106", f"there is no `{span.text}` here", Label(span), help=(Help(why),))


def word_elsewhere(span: Span, right: str) -> Diagnostic:
    return Diagnostic(
        "E0107", f"`{span.text}` is written `{right}` here", Label(span), help=(Help(f"write `{right}`", (Edit(span, right),)),)
    )


def no_such_word(span: Span, why: str) -> Diagnostic:
    return Diagnostic("E0107", f"there is no `{span.text}` in this language", Label(span), help=(Help(why),))


def strange_character(span: Span, right: str) -> Diagnostic:
    help_ = (
        (Help(f"write `{right}`", (Edit(span, right),)),)
        if right
        else (Help("names are made of the letters a to z, digits and `_`"),)
    )
    return Diagnostic("E0117", f"the character `{span.text}` can stand only in strings and comments", Label(span), help=help_)


def control_character(span: Span, character: str) -> Diagnostic:
    return Diagnostic("E0117", f"this file holds the character U+{ord(character):04X}, so it is not a text", Label(span))


def reserved_word(span: Span) -> Diagnostic:
    return Diagnostic(
        "E0130",
        f"`{span.text}` cannot be a name",
        Label(span, "a word of the language's expressions"),
        help=(Help(f"call it `{span.text}_`, say", (Edit(span, f"{span.text}_"),)),),
    )


# --- braces, colons, equals signs ----------------------------------------------------------------------------------


def missing_brace(after: Span, what: str) -> Diagnostic:
    gap = Span(after.source, after.end, after.end)
    return Diagnostic(
        "E0110",
        f"the `{{` of this {what} is missing",
        Label(after, "expected `{` after this"),
        help=(Help("add it", (Edit(gap, " {"),)),),
    )


def brace_on_next_line(brace: Span, after: Span) -> Diagnostic:
    gap = Span(after.source, after.end, brace.start)
    return Diagnostic(
        "E0110",
        "a `{` stands on the line of what it belongs to",
        Label(brace),
        (Label(after, "here"),),
        help=(Help("move it up", (Edit(gap, " "),)),),
    )


def colon_for_brace(span: Span) -> Diagnostic:
    return Diagnostic(
        "E0110",
        "what follows stands in braces, not after a colon",
        Label(span),
        help=(Help("write `{`, and `}` after the last line of it", (Edit(span, " {"),)),),
    )


def colon_for_equals(span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "E0111", f"an argument is given with `=`: `{name}=...`", Label(span), help=(Help("write `=`", (Edit(span, "="),)),)
    )


def equals_for_colon(span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "E0111",
        f"a stage is labelled with `:`, as in `{name}: Linear(10)`",
        Label(span),
        help=(Help("write `:`", (Edit(span, ":"),)),),
    )


def equals_for_comparison(span: Span) -> Diagnostic:
    return Diagnostic(
        "E0111",
        "`=` binds a name; two values are compared with `==`",
        Label(span),
        help=(Help("write `==`", (Edit(span, "=="),)),),
    )


def label_without_chain(name: Span, colon: Span) -> Diagnostic:
    return Diagnostic(
        "E0132",
        f"`{name.text}` labels a stage, but no `->` feeds it",
        Label(name.to(colon)),
        help=(
            Help(f"in a chain: `x -> {name.text}: ...`"),
            Help(
                f"to introduce a layer without applying it: `layer {name.text}: ...`",
                (Edit(Span(name.source, name.start, name.start), "layer "),),
            ),
            Help(f"for a value: `{name.text} = ...`"),
        ),
    )


def only_names_are_bound(span: Span) -> Diagnostic:
    return Diagnostic(
        "E0131", "only a name can be bound with `=`", Label(span), help=(Help("bind a name: `y = ...`; several: `a, b = ...`"),)
    )


# --- expressions and chains ----------------------------------------------------------------------------------------


def head_without_parentheses(head: ast.Expr, arrow: Span) -> Diagnostic:
    before, after = (
        Span(head.span.source, head.span.start, head.span.start),
        Span(head.span.source, head.span.end, head.span.end),
    )
    whole = _short(head.span)
    return Diagnostic(
        "E0105",
        "what feeds a chain stands in parentheses when it is an expression with operators",
        Label(head.span, "is all of this fed, or only its last operand?"),
        (Label(arrow, "to this"),),
        help=(
            Help(f"if all of it: `({whole}) -> ...`", (Edit(before, "("), Edit(after, ")"))),
            Help("if not: put the chain in parentheses, as in `a + (b -> ReLU)`"),
        ),
    )


def several_heads_without_parentheses(span: Span) -> Diagnostic:
    before, after = Span(span.source, span.start, span.start), Span(span.source, span.end, span.end)
    return Diagnostic(
        "E0105",
        "several tensors are fed in parentheses",
        Label(span),
        help=(Help(f"write `({_short(span)}) -> ...`", (Edit(before, "("), Edit(after, ")"))),),
    )


def chained_comparison(span: Span) -> Diagnostic:
    return Diagnostic(
        "E0112", "comparisons do not chain", Label(span, "a second comparison"), help=(Help("write two: `0 < n and n < 10`"),)
    )


def output_within(stage: ast.OutputStage) -> Diagnostic:
    return Diagnostic(
        "E0113",
        "`output` ends a chain that is a statement of its own",
        Label(stage.span, "here it stands within something else"),
        help=(Help("bind the value to a name and write `output name` on a line of its own"),),
    )


def stage_after_output(arrow: Span) -> Diagnostic:
    return Diagnostic(
        "E0113",
        "`output` is the end of a chain: nothing is fed from it",
        Label(arrow),
        help=(Help("bind the tensor to a name and use it twice"),),
    )


def call_of_expression(func: ast.Expr) -> Diagnostic:
    return Diagnostic("E0122", "only what has a name can be given arguments", Label(func.span, "this is an expression"))


def positional_after_keyword(arg: ast.Argument, keyword: ast.Argument) -> Diagnostic:
    return Diagnostic(
        "E0127",
        "an argument without a name stands before those with one",
        Label(arg.span),
        (Label(keyword.span, "the first with a name"),),
        help=(Help("move it to the front, or give its name"),),
    )


def expression_too_deep(span: Span, limit: int) -> Diagnostic:
    start = Span(span.source, span.start, min(span.end, span.start + 1))
    return Diagnostic(
        "E0118",
        f"this expression is more than {limit} operations deep",
        Label(start),
        help=(Help("bind parts of it to names"),),
    )


def layer_chain_without_parentheses(chain: ast.Chain) -> Diagnostic:
    span = chain.span
    before, after = Span(span.source, span.start, span.start), Span(span.source, span.end, span.end)
    return Diagnostic(
        "E0123",
        "a layer that is a chain stands in parentheses",
        Label(span),
        help=(Help("add them", (Edit(before, "("), Edit(after, ")"))),),
    )


def chain_in_output_list(item: ast.OutputItem, items: Iterable[ast.OutputItem]) -> Diagnostic:
    bare = [other.name for other in items if other.name and isinstance(other.value, ast.Name)]
    names = ", ".join([*bare, item.name or "y"])
    return Diagnostic(
        "E0124",
        "a chain cannot stand in a list of outputs",
        Label(item.span),
        help=(Help(f"bind its results first, then name them: `{names} = ...` and `output {names}`"),),
    )


# --- numbers -------------------------------------------------------------------------------------------------------


def integer_too_large(span: Span) -> Diagnostic:
    digits = f" of {len(span.text)} digits" if len(span.text) > 20 else ""
    at = Span(span.source, span.start, min(span.end, span.start + 40))
    return Diagnostic(
        "E0114", f"this integer{digits} is too large", Label(at, "integers are below 2**63 = 9223372036854775808")
    )


def float_too_large(span: Span) -> Diagnostic:
    return Diagnostic("E0114", "this number is too large", Label(span, "the largest is about 1.8e308"))


def number_form(span: Span, right: str, why: str) -> Diagnostic:
    return Diagnostic("E0115", why, Label(span), help=(Help(f"write `{right}`", (Edit(span, right),)),) if right else ())


# --- files and definitions -----------------------------------------------------------------------------------------


def file_too_large(span: Span, limit: int) -> Diagnostic:
    return Diagnostic(
        "E0119",
        f"{span.source.name} is larger than {limit // 1024} KiB",
        None,
        help=(Help("a spec is written by hand; move blocks into files of their own"),),
    )


def empty_file(span: Span) -> Diagnostic:
    return Diagnostic(
        "E0120",
        f"{span.source.name} holds no model and no block",
        None,
        help=(Help("a spec begins so: `model Net { input x: float[B, 10]; ... }`"),),
    )


def nested_too_deep(span: Span, limit: int) -> Diagnostic:
    return Diagnostic(
        "E0118",
        f"brackets are nested more than {limit} deep",
        Label(span),
        help=(Help("bind parts to names, or move them into blocks"),),
    )


def outside_model(span: Span, what: str) -> Diagnostic:
    return Diagnostic(
        "E0126",
        f"{what} cannot stand outside of a model",
        Label(span),
        notes=("At the top of a file stand `model`, `block`, `let`, `from ... import ...` and `extern layer`.",),
        help=(Help("put it into the braces of a model: `model Net { ... }`"),),
    )


def misplaced_docstring(span: Span) -> Diagnostic:
    at = Span(span.source, span.start, span.start + 3)
    return Diagnostic(
        "E0128",
        "a docstring is the first thing in its file, model, block or entry",
        Label(at),
        help=(Help("move it up, or make it a comment: `# ...`"),),
    )


def parameter_without_type(param: ast.Parameter) -> Diagnostic:
    guess = _type_of(param.default)
    end = Span(param.span.source, param.span.start + len(param.name), param.span.start + len(param.name))
    return Diagnostic(
        "E0121",
        f"the parameter `{param.name}` has no type",
        Label(param.span),
        notes=("The types are int, float, bool, str, list, dim and layer.",),
        help=(Help(f"write `{param.name}: {guess}`", (Edit(end, f": {guess}"),)),),
    )


def _type_of(default: ast.Expr | None) -> str:
    match default:
        case ast.Number(value=float()):
            return "float"
        case ast.Constant(value=bool()):
            return "bool"
        case ast.String():
            return "str"
        case ast.ListExpr():
            return "list"
        case ast.Name() | ast.Call():
            return "layer"
    return "int"


def _closer(sign: str) -> str:
    return {"(": ")", "[": "]", "{": "}"}[sign]


def _short(span: Span) -> str:
    text = " ".join(span.text.split())
    return text if len(text) <= 40 else f"{text[:37]}..."
