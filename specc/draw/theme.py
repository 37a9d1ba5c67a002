"""Colours, fonts and sizes of every picture, in one place. The colours are from Okabe and Ito's set and are never the only
cue; each kind has a tint, a border, and their counterparts on a dark page."""

from __future__ import annotations

from specc.record import Record


class Paint(Record):
    """How a kind of thing looks: fill and border by day, fill and border by night."""

    fill: str
    border: str
    night_fill: str
    night_border: str


INK, PAPER, GREY, LINE = "#1f2933", "#ffffff", "#52606d", "#7b8794"
NIGHT_INK, NIGHT_PAPER, NIGHT_GREY, NIGHT_LINE = "#e4e8ec", "#12171d", "#a7b3bf", "#8a97a4"
ACCENT, NIGHT_ACCENT = "#c2410c", "#fb923c"
"""Skips and merges, and nothing else."""
BLOCK, NIGHT_BLOCK = "#33415c", "#9db0d3"

_CONV = Paint("#e3f0f9", "#0072B2", "#11304a", "#56B4E9")
_LINEAR = Paint("#e0f4ee", "#009E73", "#0c3a2e", "#3ccba3")
_NORM = Paint("#eef0f3", "#8a94a0", "#262d35", "#8a94a0")
_PLAIN = Paint("#ffffff", "#7b8794", "#1a2128", "#8a97a4")

PAINTS = {
    "conv": _CONV,
    "linear": _LINEAR,
    "attention": Paint("#f6e6f4", "#AA4499", "#3d1e39", "#d98bcc"),
    "recurrent": Paint("#efeafb", "#6a51a3", "#2a2145", "#a795e0"),
    "norm": _NORM,
    "dropout": _NORM,
    "activation": Paint("#fdf3dc", "#C98A00", "#3b2c08", "#e6b34a"),
    "pool": Paint("#fbe6d9", "#D55E00", "#45210a", "#f0935a"),
    "embedding": Paint("#e6f5fd", "#2F8FC4", "#10324a", "#6fc1ee"),
    "create": _PLAIN,
    "arithmetic": _PLAIN,
    "view": _PLAIN,
    "other": _PLAIN,
    "block": Paint("#e9ecf2", BLOCK, "#202a3d", NIGHT_BLOCK),
    "io": Paint(PAPER, INK, "#1a2128", NIGHT_INK),
    "merge": Paint(PAPER, ACCENT, NIGHT_PAPER, NIGHT_ACCENT),
    "state": Paint(PAPER, "#6a51a3", "#1a2128", "#a795e0"),
}
"""By the word that an operation declares for its kind; the last four are the picture's own."""

PANEL, NIGHT_PANEL = "#f6f8fa", "#171e26"
NEST, NIGHT_NEST = "#b8c2cc", "#46525f"

SANS, MONO = "Specc Sans", "Specc Mono"
"""Families of the shipped fonts (fonts/)."""
SANS_STACK, MONO_STACK = "'Specc Sans','DejaVu Sans',Verdana,sans-serif", "'Specc Mono','DejaVu Sans Mono',monospace"

TITLE, SUBTITLE, TAG, BADGE, CIRCLE = 12.0, 9.5, 10.0, 11.0, 14.0
"""Sizes of type in points."""

THIN = "\u2009"
"""Thin space: groups digits, as the SI does."""
