"""Diagnostics to render: one for each thing that the renderers must get right."""

from __future__ import annotations

from specc.diagnostics import Diagnostic, Edit, Help, Label, Reason
from specc.source import SourceFile, Span


def place(source: SourceFile, text: str, occurrence: int = 0) -> Span:
    """Where a text stands in a source, counting its occurrences from 0."""
    at = -1
    for _ in range(occurrence + 1):
        at = source.text.index(text, at + 1)
    return Span(source, at, at + len(text))


def after(span: Span) -> Span:
    return Span(span.source, span.end, span.end)


RES = SourceFile(
    "res.nn",
    '''"""A residual block."""

block Residual {
    input x: float[B, 64, H, W]
    main = x -> Conv2d(64, 3, stride=2, padding=1)
    shortcut = x -> Conv2d(64, 1)

    # The two paths meet here.
    #
    output main + shortcut
}
''',
)
ADD = Diagnostic(
    "E0310",
    "these two tensors cannot be added: their heights differ",
    Label(place(RES, "+")),
    (
        Label(place(RES, "main", 1), "`main` is float[B, 64, (H + 1)//2, (W + 1)//2]"),
        Label(place(RES, "shortcut", 1), "`shortcut` is float[B, 64, H, W]"),
    ),
    (
        Reason(place(RES, "Conv2d(64, 3, stride=2, padding=1)"), "H becomes (H + 1)//2: stride is 2 here"),
        Reason(place(RES, "input x"), "H comes from here"),
    ),
    "H = 32 gives 16 + 32; they agree only for H = 1",
    (),
    (Help("give the shortcut the same stride", (Edit(after(place(RES, "64, 1")), ", stride=2"),), certain=True),),
)

LIBRARY = SourceFile(
    "lib/attention.nn", "block Attention(heads: int) {\n    input x: float[B, T, d]\n    require d % heads == 0\n}\n"
)
MODEL = SourceFile("model.nn", "model M {\n    input x: float[B, 10, 30]\n    x -> Attention(4) -> output y\n}\n")
TWO_FILES = Diagnostic(
    "E0320",
    "30 is not divisible by 4",
    Label(place(MODEL, "Attention(4)"), "here heads = 4 and d = 30"),
    (Label(place(LIBRARY, "d % heads == 0"), "required here"),),
    (Reason(place(MODEL, "input x"), "30 comes from here"), Reason(place(LIBRARY, "input x"), "d is the last dimension")),
    "",
    ("the nearest that divide 30 are 3 and 5",),
    (Help("take 5 heads", (Edit(place(MODEL, "4"), "5"),)),),
)

WIDE = SourceFile("wide.nn", 'model M {\n\tinput x\t: float[B, 3]  # 日本語\n    "層" -> 图像: Linear(1)\te\u0301 -> y\n}\n')
COLUMNS = Diagnostic(
    "E0101",
    "names are ASCII",
    Label(place(WIDE, "图像"), "not a name"),
    (Label(place(WIDE, "float"), "after a tab"), Label(place(WIDE, "-> y"), "after a combining accent")),
)

LONG = SourceFile("long.nn", "let widths = [" + ", ".join(str(number) for number in range(100)) + "]\n")
TRIMMED = Diagnostic(
    "E0203",
    "a list of 100 widths for 4 stages",
    Label(place(LONG, "70, 71, 72"), "these are never used, and neither is what follows them"),
    (Label(place(LONG, "99"), "the last"),),
)
TRIMMED_ALL = Diagnostic("E0203", "too long", Label(place(LONG, LONG.text.strip()), "all of it"))

NESTED = SourceFile("nested.nn", "    output f(alpha, beta) + gamma\n")
OVERLAPPING = Diagnostic(
    "E0210",
    "labels within labels",
    Label(place(NESTED, "alpha"), "the first argument"),
    (
        Label(place(NESTED, "f(alpha, beta)"), "the call"),
        Label(place(NESTED, "beta"), "the second"),
        Label(place(NESTED, "f"), "the function"),
        Label(place(NESTED, "f(alpha, beta) + gamma"), "the sum"),
    ),
)

BLOCK = Diagnostic(
    "W0601",
    "the block `Residual` is never used",
    Label(place(RES, RES.text[RES.text.index("block Residual") : RES.text.rindex("}") + 1]), "nothing refers to it"),
    (),
    (),
    "",
    ("a second line\nof a note",),
    (
        Help("remove it", (Edit(place(RES, RES.text[RES.text.index("block Residual") :]), ""),), certain=True),
        Help(
            "or use it",
            (Edit(after(place(RES, '"""A residual block."""')), "\n\nmodel M {\n    x -> Residual\n}"),),
            certain=True,
        ),
    ),
)

END = Diagnostic(
    "E0102", "the file ends inside a block", Label(Span(NESTED, len(NESTED.text), len(NESTED.text)), "`}` is missing")
)
NOWHERE = Diagnostic("E0401", "the file holds no model")
HOSTILE_SOURCE = SourceFile("a\x1b[31m.nn", "x -> \x1b]0;title\x07 Linear\u202e(1)\r\ny\n")
HOSTILE = Diagnostic(
    "E0201",
    "no layer \x1b[2J",
    Label(place(HOSTILE_SOURCE, "Linear"), "\u202etxet"),
    help=(Help("write \x9b1m", (Edit(place(HOSTILE_SOURCE, "Linear"), "\x1bX"),)),),
)

EXAMPLES = {
    "add": ADD,
    "two_files": TWO_FILES,
    "columns": COLUMNS,
    "trimmed": TRIMMED,
    "trimmed_all": TRIMMED_ALL,
    "overlapping": OVERLAPPING,
    "block": BLOCK,
    "end": END,
    "nowhere": NOWHERE,
    "hostile": HOSTILE,
}
