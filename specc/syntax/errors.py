"""What can be wrong with the syntax of a file: one function per mistake."""

from __future__ import annotations

from collections.abc import Iterable

from specc.diagnostics import Diagnostic, Edit, Help, Label
from specc.source import Span
from specc.syntax import ast


def _mistake(
    code: str,
    headline: str,
    at: Span,
    label: str = "",
    *help: Help,
    secondary: tuple[Label, ...] = (),
    notes: tuple[str, ...] = (),
) -> Diagnostic:
    return Diagnostic(code, headline, Label(at, label), secondary, notes=notes, help=help)


def _write(right: str, at: Span) -> Help:
    return Help(f"write `{right}`", (Edit(at, right),))


def _write_word(right: str, at: Span) -> Help:
    """As `_write`, with the blanks that a word needs and a sign does not."""
    text = at.source.text
    left = " " if right[0].isalpha() and text[at.start - 1 : at.start].isalnum() else ""
    return Help(
        f"write `{right}`",
        (Edit(at, left + right + (" " if right[-1].isalpha() and not text[at.end : at.end + 1].isspace() else "")),),
    )


def _with_blanks(span: Span) -> Span:
    text, start, end = span.source.text, span.start, span.end
    while text[start - 1 : start] == " ":
        start -= 1
    while text[end : end + 1] == " ":
        end += 1
    return Span(span.source, start, end)


def _after(span: Span) -> Span:
    return Span(span.source, span.end, span.end)


def _before(span: Span) -> Span:
    return Span(span.source, span.start, span.start)


def _in_parentheses(span: Span, text: str) -> Help:
    return Help(text, (Edit(_before(span), "("), Edit(_after(span), ")")))


def _short(span: Span) -> str:
    text = " ".join(span.text.split())
    return text if len(text) <= 40 else f"{text[:37]}..."


# --- what was expected ---------------------------------------------------------------------------------------------


def unexpected(found: Span, what: str, expected: str, after: str) -> Diagnostic:
    """`what` is the find in words, `expected` what could stand here in words, `after` the sign or word before."""
    where = f" after `{after}`" if after else ""
    if not expected:
        return _mistake("E0101", f"{what} cannot stand here{where}", found)
    return _mistake("E0101", f"expected {expected}{where}, found {what}", found, f"expected {expected}")


def nothing_follows(after: Span, expected: str) -> Diagnostic:
    return _mistake("E0129", f"nothing follows this `{after.text}`", after, f"expected {expected} after it")


def missing_comma(before: Span, found: Span) -> Diagnostic:
    add = Help("put a comma between the two", (Edit(_after(before), ","),))
    return _mistake("E0108", "a comma is missing", found, f"expected `,` before this, after `{_short(before)}`", add)


def missing_colon(name: Span, kind: Span) -> Diagnostic:
    add = Help(f"write `{name.text}: {kind.text}`", (Edit(_after(name), ":"),))
    return _mistake("E0121", f"a `:` stands between `{name.text}` and its type", kind, "expected `:` before this", add)


def two_statements(before: Span, found: Span) -> Diagnostic:
    part = Help("put it on a line of its own, or `;` between the two", (Edit(_after(before), ";"),))
    feed = Help("feed the one to the other with `->`", (Edit(_before(found), "-> "),), tentative=True)
    return _mistake("E0109", "a statement ends at the end of its line", found, "this begins another statement", feed, part)


# --- brackets and strings ------------------------------------------------------------------------------------------


def not_closed(opener: Span, sign: str, here: Span, suspect: Span | None) -> Diagnostic:
    secondary = [Label(here, "not closed when this comes" if here.text.strip() else "the file ends here")]
    if suspect is not None:
        secondary.append(Label(suspect, "the brace that closes this one is indented otherwise"))
    closer = {"(": ")", "[": "]", "{": "}"}[sign]
    add = Help(f"add the missing `{closer}`")
    return _mistake("E0102", f"this `{sign}` is never closed", opener, "opened here", add, secondary=tuple(secondary))


def closes_nothing(at: Span, sign: str, opener: Span | None) -> Diagnostic:
    secondary = (Label(opener, f"what is open here is this `{opener.text}`"),) if opener else ()
    remove = Help("remove it", (Edit(at, ""),))
    return _mistake("E0103", f"this `{sign}` closes nothing", at, "no bracket of its kind is open", remove, secondary=secondary)


def unterminated_string(span: Span) -> Diagnostic:
    close = Help("close the string", (Edit(_after(span), '"'),))
    return _mistake("E0104", "this string has no end", span, 'a string ends on its line, with `"`', close)


def unterminated_docstring(span: Span) -> Diagnostic:
    return _mistake("E0104", 'this docstring has no end: its `"""` is never closed', span, "opened here")


def single_quotes(span: Span) -> Diagnostic:
    text = span.text.strip("'").replace('"', '\\"')
    return _mistake("E0125", "strings stand in double quotes", span, "", _write(f'"{text}"', span))


def unknown_escape(span: Span, escape: str) -> Diagnostic:
    double = Help("for a backslash itself, double it", (Edit(span, "\\" + escape),))
    return _mistake("E0116", f"a string knows no `{escape}`", span, 'the escapes are `\\n`, `\\t`, `\\\\` and `\\"`', double)


# --- words and signs of other languages ----------------------------------------------------------------------------


def sign_elsewhere(span: Span, right: str) -> Diagnostic:
    return _mistake("E0106", f"`{span.text}` is written `{right}` here", span, "", _write_word(right, span))


def no_such_sign(span: Span, why: str) -> Diagnostic:
    return _mistake("E0106", f"there is no `{span.text}` here", span, "", Help(why))


def word_elsewhere(span: Span, right: str) -> Diagnostic:
    return _mistake("E0107", f"`{span.text}` is written `{right}` here", span, "", _write(right, span))


def no_such_word(span: Span, why: str) -> Diagnostic:
    return _mistake("E0107", f"there is no `{span.text}` in this language", span, "", Help(why))


def strange_character(span: Span, right: str) -> Diagnostic:
    help_ = _write(right, span) if right else Help("names are made of the letters a to z, digits and `_`")
    return _mistake("E0117", f"the character `{span.text}` can stand only in strings and comments", span, "", help_)


def control_character(span: Span, character: str) -> Diagnostic:
    return _mistake("E0117", f"this file holds the character U+{ord(character):04X}, so it is not a text", span)


def reserved_word(span: Span) -> Diagnostic:
    other = Help(f"call it `{span.text}_`, say", (Edit(span, f"{span.text}_"),))
    return _mistake("E0130", f"`{span.text}` cannot be a name", span, "a word of the language's expressions", other)


# --- braces, colons, equals signs ----------------------------------------------------------------------------------


def missing_brace(after: Span, what: str) -> Diagnostic:
    add = Help("add it", (Edit(_after(after), " {"),))
    return _mistake("E0110", f"the `{{` of this {what} is missing", after, "expected `{` after this", add)


def brace_on_next_line(brace: Span, after: Span) -> Diagnostic:
    up = Help("move it up", (Edit(Span(after.source, after.end, brace.start), " "),))
    return _mistake("E0110", "a `{` stands on the line of what it belongs to", brace, "", up, secondary=(Label(after, "here"),))


def colon_for_brace(span: Span) -> Diagnostic:
    write = Help("write `{`, and `}` after the last line of it", (Edit(span, " {"),))
    return _mistake("E0110", "what follows stands in braces, not after a colon", span, "", write)


def colon_for_equals(span: Span, name: str) -> Diagnostic:
    return _mistake(
        "E0111", f"an argument is given with `=`: `{name}=...`", span, "", Help("write `=`", (Edit(_with_blanks(span), "="),))
    )


def equals_for_colon(span: Span, name: str) -> Diagnostic:
    return _mistake(
        "E0111",
        f"a stage is labelled with `:`, as in `{name}: Linear(10)`",
        span,
        "",
        Help("write `:`", (Edit(_with_blanks(span), ": "),)),
    )


def equals_for_comparison(span: Span) -> Diagnostic:
    return _mistake("E0111", "`=` binds a name; two values are compared with `==`", span, "", _write("==", span))


def label_without_chain(name: Span, colon: Span) -> Diagnostic:
    feed = Help(f"in a chain: `x -> {name.text}: ...`")
    declare = Help(f"to introduce a layer without applying it: `layer {name.text}: ...`", (Edit(_before(name), "layer "),))
    value = Help(f"for a value: `{name.text} = ...`")
    return _mistake("E0132", f"`{name.text}` labels a stage, but no `->` feeds it", name.to(colon), "", feed, declare, value)


def only_names_are_bound(span: Span) -> Diagnostic:
    return _mistake(
        "E0131", "only a name can be bound with `=`", span, "", Help("bind a name: `y = ...`; several: `a, b = ...`")
    )


# --- expressions and chains ----------------------------------------------------------------------------------------


def head_without_parentheses(head: ast.Expr, arrow: Span) -> Diagnostic:
    return _mistake(
        "E0105",
        "what feeds a chain stands in parentheses when it is an expression with operators",
        head.span,
        "is all of this fed, or only its last operand?",
        _in_parentheses(head.span, f"if all of it: `({_short(head.span)}) -> ...`"),
        Help("if not: put the chain in parentheses, as in `a + (b -> ReLU)`"),
        secondary=(Label(arrow, "to this"),),
    )


def operator_after_chain(chain: Span, operator: Span) -> Diagnostic:
    add = _in_parentheses(chain, f"put the chain in parentheses: `({_short(chain)}) {operator.text} ...`")
    label = Label(chain, "the chain")
    return _mistake("E0105", f"a chain before `{operator.text}` stands in parentheses", operator, "", add, secondary=(label,))


def several_heads_without_parentheses(span: Span) -> Diagnostic:
    add = _in_parentheses(span, f"write `({_short(span)}) -> ...`")
    return _mistake("E0105", "several tensors are fed in parentheses", span, "", add)


def chained_comparison(span: Span) -> Diagnostic:
    return _mistake("E0112", "comparisons do not chain", span, "a second comparison", Help("write two: `0 < n and n < 10`"))


def output_within(stage: ast.OutputStage) -> Diagnostic:
    bind = Help("bind the value to a name and write `output name` on a line of its own")
    headline = "`output` ends a chain that is a statement of its own"
    return _mistake("E0113", headline, stage.span, "here it stands within something else", bind)


def stage_after_output(arrow: Span) -> Diagnostic:
    bind = Help("bind the tensor to a name and use it twice")
    return _mistake("E0113", "`output` is the end of a chain: nothing is fed from it", arrow, "", bind)


def call_of_expression(func: ast.Expr) -> Diagnostic:
    return _mistake("E0122", "only what has a name can be given arguments", func.span, "this is an expression")


def positional_after_keyword(arg: ast.Argument, keyword: ast.Argument) -> Diagnostic:
    secondary = (Label(keyword.span, "the first with a name"),)
    move = Help("move it to the front, or give its name")
    return _mistake("E0127", "an argument without a name stands before those with one", arg.span, "", move, secondary=secondary)


def expression_too_deep(span: Span, limit: int) -> Diagnostic:
    start = Span(span.source, span.start, min(span.end, span.start + 1))
    return _mistake(
        "E0118", f"this expression is more than {limit} operations deep", start, "", Help("bind parts of it to names")
    )


def layer_chain_without_parentheses(chain: ast.Chain) -> Diagnostic:
    return _mistake(
        "E0123", "a layer that is a chain stands in parentheses", chain.span, "", _in_parentheses(chain.span, "add them")
    )


def chain_in_output_list(item: ast.OutputItem, items: Iterable[ast.OutputItem]) -> Diagnostic:
    bare = [other.name for other in items if other.name and isinstance(other.value, ast.Name)]
    names = ", ".join([*bare, item.name or "y"])
    bind = Help(f"bind its results first, then name them: `{names} = ...` and `output {names}`")
    return _mistake("E0124", "a chain cannot stand in a list of outputs", item.span, "", bind)


# --- numbers -------------------------------------------------------------------------------------------------------


def integer_too_large(span: Span) -> Diagnostic:
    digits = f" of {len(span.text)} digits" if len(span.text) > 20 else ""
    start = Span(span.source, span.start, min(span.end, span.start + 40))
    return _mistake("E0114", f"this integer{digits} is too large", start, "integers are below 2**63 = 9223372036854775808")


def float_too_large(span: Span) -> Diagnostic:
    return _mistake("E0114", "this number is too large", span, "the largest is about 1.8e308")


def number_form(span: Span, right: str, why: str) -> Diagnostic:
    return _mistake("E0115", why, span, "", *([_write(right, span)] if right else []))


# --- files and definitions -----------------------------------------------------------------------------------------


def file_too_large(span: Span, limit: int) -> Diagnostic:
    split = Help("move blocks into files of their own, and long tables into loops")
    return Diagnostic("E0119", f"{span.source.name} is larger than {limit // 1024} KiB", None, help=(split,))


def empty_file(span: Span) -> Diagnostic:
    begin = Help("a spec begins so: `model Net { input x: float[B, 10]; ... }`")
    return Diagnostic("E0120", f"{span.source.name} holds no model and no block", None, help=(begin,))


def nested_too_deep(span: Span, limit: int) -> Diagnostic:
    bind = Help("bind parts to names, or move them into blocks")
    return _mistake("E0118", f"brackets are nested more than {limit} deep", span, "", bind)


def outside_model(span: Span, what: str) -> Diagnostic:
    note = "At the top of a file stand `model`, `block`, `let`, `from ... import ...` and `extern layer`."
    put = Help("put it into the braces of a model: `model Net { ... }`")
    return _mistake("E0126", f"{what} cannot stand outside of a model", span, "", put, notes=(note,))


def misplaced_docstring(span: Span) -> Diagnostic:
    start = Span(span.source, span.start, span.start + 3)
    move = Help("move it up, or make it a comment: `# ...`")
    return _mistake("E0128", "a docstring is the first thing in its file, model, block or entry", start, "", move)


def parameter_without_type(param: ast.Parameter) -> Diagnostic:
    guess = _type_of(param.default)
    name = Span(param.span.source, param.span.start, param.span.start + len(param.name))
    give = Help(f"write `{param.name}: {guess}`", (Edit(_after(name), f": {guess}"),))
    note = "The types are int, float, bool, str, list, dim and layer."
    return _mistake("E0121", f"the parameter `{param.name}` has no type", param.span, "", give, notes=(note,))


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
