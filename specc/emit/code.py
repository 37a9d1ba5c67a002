"""Expressions as Python text: as few parentheses as Python's grammar allows, long ones broken as `ruff format` breaks them."""

from __future__ import annotations

import math

from specc.emit.plan import DictCode, Star, Verbatim
from specc.pycode import (
    Attr,
    BinaryCode,
    CallCode,
    Code,
    CompCode,
    EllipsisCode,
    FString,
    IfCode,
    Item,
    ListCode,
    Lit,
    Path,
    SliceCode,
    TupleCode,
    UnaryCode,
    Var,
)

WIDTH = 100

_CONDITIONAL, _NOT, _COMPARE, _UNARY, _POWER, _ATOM = 1, 4, 5, 11, 12, 20
_BINARY = {
    "or": 2, "and": 3,
    "in": 5, "not in": 5, "is": 5, "is not": 5, "==": 5, "!=": 5, "<": 5, "<=": 5, ">": 5, ">=": 5,
    "|": 6, "^": 7, "&": 8, "<<": 9, ">>": 9, "+": 9.5, "-": 9.5, "*": 10, "/": 10, "//": 10, "%": 10, "@": 10, "**": _POWER,
}  # fmt: skip


def precedence(code: Code) -> float:
    """How tightly an expression holds together: the larger, the tighter."""
    if isinstance(code, BinaryCode):
        return _BINARY[code.op]
    if isinstance(code, UnaryCode):
        return _NOT if code.op == "not" else _UNARY
    if isinstance(code, IfCode):
        return _CONDITIONAL
    if isinstance(code, Lit) and isinstance(code.value, int | float) and not isinstance(code.value, bool) and code.value < 0:
        return _UNARY
    return _ATOM


def text(code: Code) -> str:
    """The expression on one line."""
    match code:
        case Lit():
            return literal(code.value)
        case Var():
            return code.name
        case Path():
            return code.name
        case Attr():
            return f"{_trailed(code.value)}.{code.name}"
        case Item():
            return f"{_trailed(code.value)}[{_index(code.items)}]"
        case SliceCode():
            return _slice(code)
        case EllipsisCode():
            return "..."
        case UnaryCode():
            if code.op == "not":
                return f"not {_within(code.value, _NOT)}"
            return f"{code.op}{_within(code.value, _UNARY)}"
        case BinaryCode():
            return _binary(code)
        case IfCode():
            condition, then = _within(code.condition, 2), _within(code.then, 2)
            return f"{then} if {condition} else {_within(code.orelse, _CONDITIONAL)}"
        case CallCode():
            return f"{_trailed(code.func)}({', '.join(arguments(code))})"
        case ListCode():
            return f"[{', '.join(map(text, code.items))}]"
        case TupleCode():
            return f"({text(code.items[0])},)" if len(code.items) == 1 else f"({', '.join(map(text, code.items))})"
        case DictCode():
            return "{" + ", ".join(f"{text(key)}: {text(value)}" for key, value in code.items) + "}"
        case CompCode():
            return f"[{' '.join(_comprehension(code))}]"
        case FString():
            return _fstring(code)
        case Star():
            return f"*{_within(code.value, 6)}"
        case Verbatim():
            return code.pattern.format(*map(text, code.parts))
    raise AssertionError(f"no text for {type(code).__name__}")


def literal(value: int | float | bool | str | None) -> str:
    """A constant; strings in double quotes unless that costs backslashes."""
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, str):
        single = repr(value)
        if single[0] == "'" and '"' not in value:
            return '"' + single[1:-1] + '"'
        return single
    return repr(value)


def arguments(call: CallCode) -> list[str]:
    return [*map(text, call.args), *(f"{name}={text(value)}" for name, value in call.kwargs)]


def _within(code: Code, least: float) -> str:
    """With parentheses if it holds less tightly than `least`."""
    inner = text(code)
    return f"({inner})" if precedence(code) < least else inner


def _trailed(code: Code) -> str:
    """What stands before a dot, an index or a call."""
    if isinstance(code, Lit) and isinstance(code.value, int | float):
        return f"({text(code)})"
    return _within(code, _ATOM)


def _binary(code: BinaryCode) -> str:
    here = _BINARY[code.op]
    if code.op == "**":
        left = _within(code.left, _POWER + 1)
        right = _within(code.right, _UNARY)
        return (
            f"{left}**{right}"
            if not left.startswith("(") and _plain(code.left) and _plain(code.right)
            else f"{left} ** {right}"
        )
    if here == _COMPARE:  # a < b < c means something else
        return f"{_within(code.left, here + 0.5)} {code.op} {_within(code.right, here + 0.5)}"
    return f"{_within(code.left, here)} {code.op} {_within(code.right, here + 0.1)}"


def _plain(code: Code) -> bool:
    """A name, number or dotted name: `**` hugs those."""
    if isinstance(code, UnaryCode):
        return code.op != "not" and _plain(code.value)
    if isinstance(code, Attr):
        return _plain(code.value) and not isinstance(code.value, Lit)
    return isinstance(code, Var | Path) or (isinstance(code, Lit) and isinstance(code.value, int | float))


def _index(items: tuple[Code, ...]) -> str:
    return ", ".join(map(text, items))


def _slice(code: SliceCode) -> str:
    parts = [code.start, code.stop] + ([code.step] if code.step is not None else [])
    loose = not all(part is None or _plain(part) for part in parts)
    out = text(code.start) if code.start is not None else ""
    for part in parts[1:]:
        if loose:
            out = f"{out} :" if out else ":"
            out += f" {text(part)}" if part is not None else ""
        else:
            out += ":" + (text(part) if part is not None else "")
    return out


def _comprehension(code: CompCode) -> list[str]:
    pieces = [text(code.element), f"for {', '.join(code.targets)} in {_within(code.iterable, 2)}"]
    if code.condition is not None:
        pieces.append(f"if {_within(code.condition, 2)}")
    return pieces


def _fstring(code: FString) -> str:
    out = []
    for piece in code.pieces:
        if isinstance(piece, str):
            escaped = piece.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
            out.append(escaped.replace("{", "{{").replace("}", "}}"))
        else:
            inner = text(piece).replace('"', "'")
            out.append("{" + (" " if inner.startswith("{") else "") + inner + "}")
    return 'f"' + "".join(out) + '"'


# --- breaking ----------------------------------------------------------------------------------------------------


def lines(
    code: Code, indent: int, before: str = "", after: str = "", *, bracketed: bool = False, width: int = WIDTH
) -> list[str]:
    """`before`, the expression and `after` at an indentation, on as many lines as needed. `bracketed`: line breaks need no
    parentheses here, since some bracket around is open."""
    pad = " " * indent
    single = f"{pad}{before}{text(code)}{after}"
    if len(single) <= width:
        return [single]
    if _chain_length(code) > 1:
        return _fluent(code, indent, before, after, bracketed=bracketed, width=width)
    match code:
        case CallCode() if code.args or code.kwargs:
            named: list[tuple[str, Code]] = [("", arg) for arg in code.args]
            named += [(f"{name}=", value) for name, value in code.kwargs]
            return _bracket(f"{before}{_trailed(code.func)}(", named, f"){after}", indent, width)
        case ListCode() if code.items:
            return _bracket(f"{before}[", [("", item) for item in code.items], f"]{after}", indent, width, together=False)
        case TupleCode() if len(code.items) > 1:
            return _bracket(f"{before}(", [("", item) for item in code.items], f"){after}", indent, width, together=False)
        case DictCode() if code.items:
            pairs = [(f"{text(key)}: ", value) for key, value in code.items]
            return _bracket(f"{before}{{", pairs, f"}}{after}", indent, width, together=False)
        case CompCode():
            return _comprehension_lines(code, indent, before, after, width)
        case Star():
            return lines(code.value, indent, f"{before}*", after, bracketed=bracketed, width=width)
        case BinaryCode() | IfCode():
            if bracketed:
                return _operands(code, indent, before, after, width)
            inner = f"{pad}    {text(code)}"
            body = [inner] if len(inner) <= width else _operands(code, indent + 4, "", "", width)
            return [f"{pad}{before}(", *body, f"{pad}){after}"]
        case Attr() | Item():
            return _trailers(code, indent, before, after, width)
    return [single]


def _chain_length(code: Code) -> int:
    """How many methods are called one after the other: 2 for `f(x).permute(0, 1).unsqueeze(0)`."""
    count = 0
    while isinstance(code, CallCode) and isinstance(code.func, Attr) and not isinstance(code.func.value, Var | Attr):
        count += 1
        code = code.func.value
    return count


def _fluent(code: Code, indent: int, before: str, after: str, *, bracketed: bool, width: int) -> list[str]:
    """A chain of method calls: in parentheses on a line of its own, or a call a line."""
    pad = " " * indent
    inner = indent if bracketed else indent + 4
    single = f"{' ' * inner}{text(code)}"
    if not bracketed and len(single) <= width:
        return [f"{pad}{before}(", single, f"{pad}){after}"]
    calls: list[CallCode] = []
    head = code
    for _ in range(_chain_length(code)):
        assert isinstance(head, CallCode)
        assert isinstance(head.func, Attr)
        calls.insert(0, head)
        head = head.func.value
    rows = lines(head, inner, before if bracketed else "", bracketed=True, width=width)
    for call in calls:
        assert isinstance(call.func, Attr)
        bare = CallCode(Path(f".{call.func.name}"), call.args, call.kwargs)
        rows += lines(bare, inner, "", after if bracketed and call is calls[-1] else "", bracketed=True, width=width)
    return rows if bracketed else [f"{pad}{before}(", *rows, f"{pad}){after}"]


def _bracket(
    opening: str, items: list[tuple[str, Code]], closing: str, indent: int, width: int, *, together: bool = True
) -> list[str]:
    """All items on one line of their own if they fit (of a call), else one a line with a comma after each."""
    pad = " " * indent
    row = f"{pad}    {', '.join(before + text(item) for before, item in items)}"
    if together and len(row) <= width:
        return [f"{pad}{opening}", row, f"{pad}{closing}"]
    out = [f"{pad}{opening}"]
    for before, item in items:
        out += lines(item, indent + 4, before, ",", bracketed=True, width=width)
    return [*out, f"{pad}{closing}"]


def _comprehension_lines(code: CompCode, indent: int, before: str, after: str, width: int) -> list[str]:
    pad = " " * indent
    together = f"{pad}    {' '.join(_comprehension(code))}"
    if len(together) <= width:
        return [f"{pad}{before}[", together, f"{pad}]{after}"]
    rest = [f"{pad}    {piece}" for piece in _comprehension(code)[1:]]
    return [f"{pad}{before}[", *lines(code.element, indent + 4, bracketed=True, width=width), *rest, f"{pad}]{after}"]


def _operands(code: BinaryCode | IfCode, indent: int, before: str, after: str, width: int) -> list[str]:
    """One operand a line, operators in front."""
    pieces: list[tuple[str, Code, float]] = []
    if isinstance(code, IfCode):
        pieces = [("", code.then, 2), ("if ", code.condition, 2), ("else ", code.orelse, _CONDITIONAL)]
    else:
        here = _BINARY[code.op]
        node: Code = code
        while isinstance(node, BinaryCode) and _BINARY[node.op] == here and here not in (_COMPARE, _POWER):
            pieces.insert(0, (f"{node.op} ", node.right, here + 0.1))
            node = node.left
        if not pieces:
            return [f"{' ' * indent}{before}{text(code)}{after}"]
        pieces.insert(0, ("", node, here))
    out: list[str] = []
    for at, (operator, operand, least) in enumerate(pieces):
        opening, closing = ("(", ")") if precedence(operand) < least else ("", "")
        prefix = (before if at == 0 else "") + operator + opening
        out += lines(operand, indent, prefix, closing + (after if at == len(pieces) - 1 else ""), bracketed=True, width=width)
    return out


def _trailers(code: Attr | Item, indent: int, before: str, after: str, width: int) -> list[str]:
    """`f(...).shape[0]`: the call inside is broken."""
    if isinstance(code, Attr):
        return lines(code.value, indent, before, f".{code.name}{after}", width=width)
    if isinstance(code.value, CallCode):
        return lines(code.value, indent, before, f"[{_index(code.items)}]{after}", width=width)
    return _bracket(f"{before}{_trailed(code.value)}[", [("", item) for item in code.items], f"]{after}", indent, width)
