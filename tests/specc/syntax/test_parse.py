"""What source becomes: golden trees of the language's tour, words in context, layout, spans."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from specc.diagnostics import Diagnostics
from specc.source import SourceFile
from specc.syntax import ast
from specc.syntax.parse import parse, parse_expression
from tests.golden import Golden
from tests.specc.syntax.dump import dump

CASES = sorted(Path("tests/cases/parse").glob("*.nn"))


def read(text: str) -> ast.File:
    diagnostics = Diagnostics()
    file = parse(SourceFile("case.nn", text), diagnostics)
    assert [f"{d.headline} at {d.primary.span}" for d in diagnostics.sorted() if d.primary] == []
    return file


def body(text: str) -> tuple[ast.Statement, ...]:
    item = read(f"model M {{\n{text}\n}}").items[0]
    assert isinstance(item, ast.Definition)
    return item.body


def statement(text: str) -> ast.Statement:
    (only,) = body(text)
    return only


def expression(text: str) -> ast.Expr:
    diagnostics = Diagnostics()
    value = parse_expression(text, diagnostics)
    assert len(diagnostics) == 0
    assert value is not None
    return value


def nodes(value: object) -> Iterator[ast.Node]:
    if isinstance(value, tuple):
        for part in value:
            yield from nodes(part)
    elif isinstance(value, ast.Node):
        yield value
        for name in value._fields:
            yield from nodes(getattr(value, name))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden(path: Path, golden: Golden) -> None:
    golden(path.with_suffix(".ast"), dump(read(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_spans(path: Path) -> None:
    file = read(path.read_text(encoding="utf-8"))
    for node in nodes(file.items):
        assert node.span.start < node.span.end
        if isinstance(node, ast.Name):
            assert node.span.text == node.name
        if isinstance(node, ast.Definition):
            assert node.name_span.text == node.name
            assert node.span.text.startswith(node.keyword)
            assert node.span.text.endswith("}")
        if isinstance(node, ast.Binary):
            assert " ".join(node.op_span.text.split()) == node.op
        for inner in (part for name in node._fields for part in nodes(getattr(node, name))):
            assert node.span.start <= inner.span.start
            assert inner.span.end <= node.span.end


KEYWORDS = [
    "input",
    "given",
    "state",
    "next",
    "output",
    "require",
    "layer",
    "param",
    "buffer",
    "constant",
    "init",
    "freeze",
    "tie",
    "entry",
    "variants",
    "let",
    "model",
    "block",
]


@pytest.mark.parametrize("word", KEYWORDS)
def test_keywords_are_names_where_they_must_be(word: str) -> None:
    assert statement(f"{word} = 3") == statement("@ = 3".replace("@", word))
    assert isinstance(statement(f"{word} = 3"), ast.Assign)
    assert isinstance(statement(f"{word}, b = f(3)"), ast.Assign)
    assert isinstance(statement(f"{word} -> ReLU"), ast.ExprStatement)
    assert isinstance(statement(f"y = Linear({word}, {word}={word})"), ast.Assign)
    definition = read(f"block B({word}: int = 1) {{ }}").items[0]
    assert isinstance(definition, ast.Definition)
    assert definition.params[0].name == word


@pytest.mark.parametrize("word", [*KEYWORDS, "if", "else", "for", "in", "is", "not", "and", "or", "true", "none", "0"])
def test_any_word_labels_a_stage(word: str) -> None:
    value = statement(f"y = x -> {word}: Linear(3) -> {word}.0{{i}}: ReLU")
    assert isinstance(value, ast.Assign)
    assert isinstance(value.value, ast.Chain)
    labels = [stage.label for stage in value.value.stages]
    assert [label.span.text for label in labels if label] == [word, f"{word}.0{{i}}"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("x = a\ny = b", 2),
        ("x = a; y = b;", 2),
        ("x = a\n  -> B\n  # why\n\n  -> C", 1),
        ("x =\n a", 1),
        ("x = a +\n b", 1),
        ("x = f(\n a\n , b\n)", 1),
        ("x = [\n 1,\n\n 2 # two\n]", 1),
        ("x = a if b\n else c", 1),
        ("if a { x = b }\n\n else { x = c }", 1),
        ("input a: [N],\n b", 1),
        ("x = a\n[b] -> C", 2),
        ("x = a\n(b) -> C", 2),
        ("x = a\r\ny = b\r\n", 2),
        ("# nothing", 0),
    ],
)
def test_line_ends(text: str, count: int) -> None:
    assert len(body(text)) == count


@pytest.mark.parametrize(
    ("loose", "tight"),
    [
        ("a or b and c", "a or (b and c)"),
        ("not a == b", "not (a == b)"),
        ("a + b..c", "(a + b)..c"),
        ("i in 0..n", "i in (0..n)"),
        ("a | b ^ c & d + e", "a | (b ^ (c & (d + e)))"),
        ("a + b * c", "a + (b * c)"),
        ("-a ** b", "-(a ** b)"),
        ("a ** -b ** c", "a ** (-(b ** c))"),
        ("a - b - c", "(a - b) - c"),
        ("a if b else c if d else e", "a if b else (c if d else e)"),
        ("-x.y[0]", "-(x.y[0])"),
        ("a @ b // c", "(a @ b) // c"),
        ("a == b or c is none", "(a == b) or (c is none)"),
    ],
)
def test_precedence(loose: str, tight: str) -> None:
    assert without_parens(expression(loose)) == without_parens(expression(tight))
    assert without_parens(expression(loose)) != without_parens(expression("a"))


def without_parens(node: object) -> object:
    if isinstance(node, ast.Paren):
        return without_parens(node.value)
    if isinstance(node, ast.Node):
        return node.replace(**{name: without_parens(getattr(node, name)) for name in node._fields})
    return node


def test_recipes_have_no_head() -> None:
    for text in ("(a: A -> B)", "(for i in xs { A } -> B)", "(if c { A } -> B)", "((a: A) -> B)"):
        value = expression(text)
        assert isinstance(value, ast.Paren)
        assert isinstance(value.value, ast.Chain)
        assert value.value.head is None
    value = expression("(A -> B)")
    assert isinstance(value, ast.Paren)
    assert isinstance(value.value, ast.Chain)
    assert isinstance(value.value.head, ast.Name), "a name may be a tensor: that is settled by its meaning"


def test_values() -> None:
    assert expression("9223372036854775807") == expression("009223372036854775807")
    assert expression("1e-6") == expression("0.000001")
    assert expression(r'"a\"\\\n\t"') == ast.String(expression('"x"').span, 'a"\\\n\t')
    assert isinstance(expression("(depths=[3, 4])"), ast.TupleExpr)
    assert expression("x[1:2, ::3, ..., none]").span.text == "x[1:2, ::3, ..., none]"


def test_docstrings_lose_their_indentation() -> None:
    item = read('model M {\n    """One.\n\n      Two.\n    Three.\n    """\n}').items[0]
    assert isinstance(item, ast.Definition)
    assert item.doc == "One.\n\n  Two.\nThree."


def test_comments() -> None:
    file = read('# a\nmodel M { # b\n  x = "# no" # c\n    # d\n    -> B\n}# e')
    assert [(c.text, c.own_line) for c in file.comments] == [
        ("# a", True),
        ("# b", False),
        ("# c", False),
        ("# d", True),
        ("# e", False),
    ]


def test_a_value_of_the_command_line_may_be_wrong() -> None:
    for text in ("", "3 +", "[1", "a b", "a; b", "}", "x -> ", "model M { }"):
        diagnostics = Diagnostics()
        assert parse_expression(text, diagnostics) is None or diagnostics.has_errors
        assert diagnostics.has_errors, text
