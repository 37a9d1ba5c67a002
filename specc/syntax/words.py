"""Words and signs for messages: what is written otherwise in other languages, and what a terminal is called."""

from __future__ import annotations

SIGNS = {
    "=>": "->",
    "|>": "->",
    "→": "->",
    "⇒": "->",
    "&&": "and",
    "||": "or",
    "!": "not",
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "×": "*",
}
"""Signs of other languages, and what they are here."""

CHARACTERS = {
    "“": '"',
    "”": '"',
    "„": '"',
    "‘": '"',
    "’": '"',
    "–": "-",
    "—": "-",
    "−": "-",
    "…": "...",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "\u00a0": " ",
}
"""What word processors make of plain signs."""

NO_SIGNS = {
    "+=": "bind anew: `x = x + ...`",
    "-=": "bind anew: `x = x - ...`",
    "*=": "bind anew: `x = x * ...`",
    "/=": "bind anew: `x = x / ...`",
    ":=": "bind with `=` on a line of its own",
    "$": "a value is put into a label with braces: `layer{i}`",
    "\\": "a line goes on inside parentheses, after a comma or an operator, and before `->`",
}
"""Signs that have no counterpart, and what to do instead."""

WORDS = {"None": "none", "True": "true", "False": "false", "null": "none", "nil": "none"}

_FUNCTION = "write `let name(x) = ...`"
_MODEL = "write `model Name { ... }`"
NO_WORDS = {
    "def": "a layer is a `block Name(...) { ... }`, a compile-time function `let name(x) = ...`",
    "class": "a network is a `model Name(...) { ... }`, a part of one a `block Name(...) { ... }`",
    "return": "what a block gives is `output ...`",
    "import": "write `from .file import Name`",
    "lambda": _FUNCTION,
    "function": _FUNCTION,
    "func": _FUNCTION,
    "fn": _FUNCTION,
    "net": _MODEL,
    "network": _MODEL,
    "module": "write `block Name { ... }`",
    "while": "loops have a bound: `for i in 0..n { ... }`",
    "elif": "write `else if`",
    "self": "layers are reached by their labels alone",
    "var": "a name is bound by `x = ...`",
    "const": "write `let name = ...`",
    "pass": "a body may be empty: `{ }`",
    "with": "names are bound by `x = ...`",
    "assert": 'write `require condition, "why"`',
}
"""Words that have no counterpart where they stand, and what to do instead."""

RESERVED = frozenset({"if", "else", "for", "in", "is", "not", "and", "or", "true", "false", "none"})
ITEM_WORDS = ("block", "extern", "from", "let", "model")
STATEMENT_WORDS = {
    "input": "an input",
    "given": "an input",
    "output": "an output",
    "state": "a state",
    "next": "a state",
    "require": "a `require`",
    "for": "a loop",
    "if": "an `if`",
    "layer": "a layer",
    "param": "a parameter tensor",
    "buffer": "a buffer",
    "constant": "a constant tensor",
    "init": "an `init`",
    "freeze": "a `freeze`",
    "tie": "a `tie`",
    "entry": "an entry",
    "variants": "a list of variants",
}
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "is"})

EXPECTED = (
    ("NAME", "a name"),
    ("PATTERN", "a pattern such as `*.bias`"),
    ("PATH", "a label"),
    ("LABEL", "a label"),
    ("STRING", "a string"),
    ("INT", "an integer"),
    ("IN", "`in`"),
    ("IMPORT", "`import`"),
    ("EQUAL", "`=`"),
    ("COLON", "`:`"),
    ("COMMA", "`,`"),
    ("LBRACE", "`{`"),
    ("LPAR", "`(`"),
    ("RPAR", "`)`"),
    ("RSQB", "`]`"),
    ("RBRACE", "`}`"),
    ("ELSE", "`else`"),
    ("NONE", "`none`"),
    ("ARROW", "`->`"),
    ("PLUS", "an operator"),
    ("DOT", "`.`"),
    ("_SEP", "the end of the line"),
)
"""What terminals are called, in the order in which a message lists them."""
