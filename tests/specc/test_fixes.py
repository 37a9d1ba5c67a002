"""What is offered as certain has been re-checked: it removes its mistake and makes no other."""

from __future__ import annotations

from collections.abc import Mapping

from specc.diagnostics import Diagnostic, Diagnostics, Edit, Help, Label
from specc.fixes import MOST_WORK, applied, certify
from specc.pipeline import Options, check
from specc.source import SourceFile, Span

WRONG = "model Net(width: int = 8) {\n    input x: float[B, 10]\n    x -> Linear(widht) -> output y\n}\n"


def found(text: str) -> Diagnostics:
    diagnostics = Diagnostics()
    check(SourceFile("net.nn", text), Options(), diagnostics)
    return diagnostics


def certified(*helps: Help, work: int = 1) -> tuple[tuple[Help, ...], int]:
    """What is left of proposals for the wrong name, and how often the spec was re-checked."""
    source = SourceFile("net.nn", WRONG)
    at = WRONG.index("widht")
    span = Span(source, at, at + 5)
    edited = [help_.replace(edits=tuple(Edit(span, edit.text) for edit in help_.edits)) for help_ in helps]
    diagnostics = Diagnostics()
    diagnostics.add(Diagnostic("E0201", "unknown name `widht`", Label(span), help=tuple(edited)))
    checks: list[SourceFile] = []

    def recheck(edited: SourceFile, imported: Mapping[str, SourceFile]) -> Diagnostics:
        assert not imported
        checks.append(edited)
        return found(edited.text)

    certify(source, diagnostics, work, recheck)
    return diagnostics.sorted()[0].help, len(checks)


def proposal(text: str, *, tentative: bool = False) -> Help:
    nowhere = Span(SourceFile("", ""), 0, 0)
    return Help(f"write {text}", (Edit(nowhere, text),), tentative=tentative)


def told(helps: tuple[Help, ...]) -> list[tuple[str, bool]]:
    return [(help_.text, help_.certain) for help_ in helps]


def test_what_passes_is_certain() -> None:
    assert told(certified(proposal("width"))[0]) == [("write width", True)]


def test_what_does_not_pass_is_a_proposal() -> None:
    assert told(certified(proposal("height"))[0]) == [("write height", False)]


def test_what_makes_another_mistake_does_not_pass() -> None:
    assert told(certified(proposal('"eight"'))[0]) == [('write "eight"', False)]


def test_what_is_tentative_stays_only_if_it_passes() -> None:
    assert told(certified(proposal("height", tentative=True), Help("look it up"))[0]) == [("look it up", False)]
    assert told(certified(proposal("height", tentative=True), proposal("width", tentative=True))[0]) == [("write width", True)]


def test_one_that_passes_is_enough() -> None:
    helps, checks = certified(proposal("8", tentative=True), proposal("width", tentative=True), proposal("height"))
    assert told(helps) == [("write 8", True)]
    assert checks == 2, "the second tentative one is not tried"


def test_words_for_where_nothing_passes() -> None:
    otherwise = Help("rename something", tentative=True)
    assert told(certified(proposal("height", tentative=True), otherwise)[0]) == [("rename something", False)]
    assert told(certified(proposal("width"), otherwise)[0]) == [("write width", True)]


def test_the_work_is_bounded() -> None:
    helps, checks = certified(proposal("width"), work=MOST_WORK + 1)
    assert checks == 0
    assert told(helps) == [("write width", False)], "what was not tried is not certain"


def test_edits_are_applied_from_the_end() -> None:
    source = SourceFile("", "abc")
    edits = [Edit(Span(source, 0, 1), "xx"), Edit(Span(source, 2, 3), ""), Edit(Span(source, 1, 1), "-")]
    assert applied("abc", edits) == "xx-b"


def test_checking_certifies() -> None:
    (diagnostic,) = found(WRONG).sorted()
    assert told(diagnostic.help) == [("did you mean `width`?", True)]
