"""E01: the syntax of a file."""

from __future__ import annotations

from specc.catalogue import Entry


def _entry(name: str, summary: str, why: str, wrong: str, right: str) -> Entry:
    return Entry(name, summary, f"{why}\n\nWrong:\n\n```nn\n{wrong}\n```\n\nRight:\n\n```nn\n{right}\n```\n")


ENTRIES = {
    "E0101": _entry(
        "unexpected-syntax",
        "A word or sign stands where it cannot.",
        "The message names what could stand there. Often what is wrong stands just before: a forgotten operator, a "
        "name too many.",
        "block Half {\n    input x: [N, C]\n    output x[0:C // 2:::]\n}",
        "block Half {\n    input x: [N, C]\n    output x[:, 0:C // 2]\n}",
    ),
    "E0102": _entry(
        "bracket-not-closed",
        "A bracket is opened and never closed.",
        "The message points at the bracket that was opened. For a brace it also points at one within whose closing brace is\n"
        "indented otherwise than its own line: there the missing brace may belong.",
        "model Net {\n    input x: float[B, 10]\n    x -> Linear(5 -> output y\n}",
        "model Net {\n    input x: float[B, 10]\n    x -> Linear(5) -> output y\n}",
    ),
    "E0103": _entry(
        "bracket-closes-nothing",
        "A bracket closes none that is open.",
        "There is one closing bracket too many, or one of the wrong kind.",
        "model Net {\n    input x: float[B, 10]\n    x -> Linear(5)) -> output y\n}",
        "model Net {\n    input x: float[B, 10]\n    x -> Linear(5) -> output y\n}",
    ),
    "E0104": _entry(
        "string-not-closed",
        "A string or docstring has no end.",
        'A string in `"` ends on the line where it begins. A docstring in `"""` may go over several lines.',
        'block Up {\n    input x\n    output x -> Upsample(scale_factor=2, mode="nearest)\n}',
        'block Up {\n    input x\n    output x -> Upsample(scale_factor=2, mode="nearest")\n}',
    ),
    "E0105": _entry(
        "head-without-parentheses",
        "What feeds a chain is an expression without parentheses.",
        "In `a + b -> ReLU` it is not plain to see whether the sum is fed or only `b`; several tensors read no "
        "better. So only one\n"
        "operand stands before `->`, and all else goes into parentheses.",
        "block Add {\n    input a, b\n    output a + b -> ReLU\n}",
        "block Add {\n    input a, b\n    output (a + b) -> ReLU\n}",
    ),
    "E0106": _entry(
        "sign-of-another-language",
        "A sign means nothing here, or is written otherwise.",
        "Chains are fed by `->`; conditions are joined by `and`, `or` and `not`. Names are bound anew rather than "
        "changed in place,\n"
        "since every binding is a new value.",
        "block Net {\n    input x: [N, C]\n    x += 1\n    output x\n}",
        "block Net {\n    input x: [N, C]\n    x = x + 1\n    output x\n}",
    ),
    "E0107": _entry(
        "word-of-another-language",
        "A word means nothing here, or is written otherwise.",
        "The constants are `true`, `false` and `none`. A network is a `model`, a part of one a `block`, what it gives "
        "`output`.",
        "model Net {\n    input x: float[B, 10]\n    x -> Linear(5, bias=False) -> output y\n}",
        "model Net {\n    input x: float[B, 10]\n    x -> Linear(5, bias=false) -> output y\n}",
    ),
    "E0108": _entry(
        "comma-missing",
        "Two parts of a list stand side by side without a comma.",
        "Arguments, the items of a list and the parameters of a definition are separated by commas.",
        "block Cat {\n    input a, b\n    output cat([a b], dim=1)\n}",
        "block Cat {\n    input a, b\n    output cat([a, b], dim=1)\n}",
    ),
    "E0109": _entry(
        "two-statements-on-a-line",
        "A statement follows another on its line.",
        "A statement ends with its line or with `;`. A line goes on inside parentheses, after a comma, `=` or "
        "operator, and where\n"
        "the next one begins with `->` or `else`.",
        "block Net {\n    input x\n    y = x -> ReLU z = y\n    output z\n}",
        "block Net {\n    input x\n    y = x -> ReLU\n    z = y\n    output z\n}",
    ),
    "E0110": _entry(
        "brace-missing",
        "What belongs to a model, block, loop or condition does not stand in braces.",
        "Bodies stand in `{ }`, not after a colon, and the opening brace stands on the line of what it belongs to.",
        "block Net(wide: bool) {\n    input x\n    if wide:\n        x = x -> Linear(10)\n    output x\n}",
        "block Net(wide: bool) {\n    input x\n    if wide {\n        x = x -> Linear(10)\n    }\n    output x\n}",
    ),
    "E0111": _entry(
        "colon-or-equals",
        "`:`, `=` and `==` are confused.",
        "`name=value` gives an argument, `name: Layer(...)` labels a stage, `name = value` binds a name, `a == b` compares.",
        "block Net {\n    input x\n    output x -> Conv2d(8, 3, stride: 2)\n}",
        "block Net {\n    input x\n    output x -> Conv2d(8, 3, stride=2)\n}",
    ),
    "E0112": _entry(
        "chained-comparison",
        "A comparison is compared again.",
        "`a < b < c` would compare a truth with `c`, and torch would do just that. Write both comparisons.",
        'block Net(n: int) {\n    input x\n    require 0 < n < 10, "small"\n    output x\n}',
        'block Net(n: int) {\n    input x\n    require 0 < n and n < 10, "small"\n    output x\n}',
    ),
    "E0113": _entry(
        "output-within-a-chain",
        "`output` stands within an expression or before another stage.",
        "`-> output name` is the end of a chain that is a statement. To use a tensor and give it out, bind it first.",
        "block Net {\n    input x\n    x -> ReLU -> output y -> Tanh -> output z\n}",
        "block Net {\n    input x\n    y = x -> ReLU\n    output y\n    y -> Tanh -> output z\n}",
    ),
    "E0114": _entry(
        "number-too-large",
        "A number is too large.",
        "Integers are below 2**63, as torch's sizes are; floats are Python's.",
        "let huge = 99999999999999999999",
        "let huge = 9223372036854775807",
    ),
    "E0115": _entry(
        "form-of-a-number",
        "A number is written in a form that is not used here.",
        "Numbers are decimal, with a digit on either side of the point: `0.5`, `1.0`, `1e-6`, `50257`.",
        "let rate = .5",
        "let rate = 0.5",
    ),
    "E0116": _entry(
        "unknown-escape",
        "A backslash in a string stands before a character that it does not escape.",
        'The escapes are `\\n`, `\\t`, `\\\\` and `\\"`.',
        'let pattern = "a\\d"',
        'let pattern = "a\\\\d"',
    ),
    "E0117": _entry(
        "strange-character",
        "A character can stand only in strings and comments.",
        "Names are ASCII: letters, digits and `_`. Word processors change quotation marks and dashes; write the plain ones.",
        "let mode = “nearest”",
        'let mode = "nearest"',
    ),
    "E0118": _entry(
        "nested-too-deep",
        "Brackets or operations are nested too deep.",
        "Brackets nest up to 64 deep and operations up to 120, so that every file is checked in bounded time and memory.",
        f"let n = {'(' * 65}1{')' * 65}",
        "let n = (((1)))",
    ),
    "E0119": Entry(
        "file-too-large",
        "A file is larger than 256 KiB.",
        "A spec says what repeats once, so that even the largest published networks take a few kilobytes. Long tables "
        "become loops,\n"
        "and blocks can be moved into files of their own:\n\n"
        "```nn\nfrom .blocks.attention import SelfAttention\n```\n",
    ),
    "E0120": Entry(
        "empty-file",
        "A file holds no model, no block and no other definition.",
        "A file with nothing but comments has nothing to check. The least model:\n\n"
        "```nn\nmodel Net {\n    input x: float[B, 10]\n    x -> Linear(5) -> output y\n}\n```\n",
    ),
    "E0121": _entry(
        "parameter-without-type",
        "A parameter of a model or block has no type.",
        "The types are int, float, bool, str, list, dim and layer. Parameters of a `let` need none.",
        "block Net(width) {\n    input x\n    output x -> Linear(width)\n}",
        "block Net(width: int) {\n    input x\n    output x -> Linear(width)\n}",
    ),
    "E0122": _entry(
        "call-of-an-expression",
        "Arguments are given to something without a name.",
        "Only what has a name takes arguments. Bind the expression to a name first.",
        "let f(n) = n\nlet x = f(1)(2)",
        "let f(n) = n\nlet x = f(1)",
    ),
    "E0123": _entry(
        "layer-chain-without-parentheses",
        "A layer that is a chain is declared without parentheses.",
        "`(A -> B)` is one layer with two members. Without parentheses `->` would feed A to B.",
        "model Net {\n    input x: float[B, 10]\n    layer encoder: Linear(20) -> ReLU\n    output x -> encoder\n}",
        "model Net {\n    input x: float[B, 10]\n    layer encoder: (Linear(20) -> ReLU)\n    output x -> encoder\n}",
    ),
    "E0124": _entry(
        "chain-in-a-list-of-outputs",
        "A chain stands in a list of outputs.",
        "`output a, b = x -> Layer` could give one result or two. Bind the results, then name them.",
        "model Net {\n    input x: float[B, T, 8]\n    output y, h = x -> rnn: GRU(16)\n}",
        "model Net {\n    input x: float[B, T, 8]\n    y, h = x -> rnn: GRU(16)\n    output y, h\n}",
    ),
    "E0125": _entry(
        "single-quotes",
        "A string stands in single quotes.",
        "Strings stand in double quotes; there is one way to write them.",
        "let mode = 'nearest'",
        'let mode = "nearest"',
    ),
    "E0126": _entry(
        "outside-of-a-model",
        "A statement stands at the top of a file.",
        "At the top of a file stand `model`, `block`, `let`, `from ... import ...` and `extern layer`; statements "
        "stand in their\n"
        "braces.",
        "input x: float[B, 10]\nx -> Linear(5) -> output y",
        "model Net {\n    input x: float[B, 10]\n    x -> Linear(5) -> output y\n}",
    ),
    "E0127": _entry(
        "positional-after-keyword",
        "An argument without a name follows one with a name.",
        "Arguments go by position first and by name after, as in Python.",
        "block Net {\n    input x\n    output x -> Conv2d(out_channels=8, 3)\n}",
        "block Net {\n    input x\n    output x -> Conv2d(8, kernel_size=3)\n}",
    ),
    "E0128": _entry(
        "misplaced-docstring",
        "A docstring stands where there is nothing for it to describe.",
        "A docstring is the first thing in its file, model, block or entry.",
        'block Net {\n    input x\n    """Does nothing."""\n    output x\n}',
        'block Net {\n    """Does nothing."""\n    input x\n    output x\n}',
    ),
    "E0129": _entry(
        "nothing-follows",
        "Nothing follows an operator, `=` or `->`.",
        "After an operator, `=` and `->` a line may end, and what follows is looked for on the next; here there is nothing.",
        "block Net {\n    input x\n    y = x ->\n    output y\n}",
        "block Net {\n    input x\n    y = x -> ReLU\n    output y\n}",
    ),
    "E0130": _entry(
        "reserved-word",
        "A word of the language's expressions is used as a name.",
        "`if else for in is not and or true false none` are never names of tensors and values. Every other word may "
        "be one, and any\n"
        "word may label a stage.",
        "block Net {\n    input x\n    in = x -> ReLU\n    output x\n}",
        "block Net {\n    input x\n    inner = x -> ReLU\n    output inner\n}",
    ),
    "E0131": _entry(
        "only-names-are-bound",
        "Something other than a name stands before `=`.",
        "`name = value` and `a, b = values` bind names. Parts of a tensor cannot be assigned: make a new tensor, with "
        "`where`,\n"
        "`cat` or `scatter`.",
        "block Net {\n    input x: [N, C]\n    x[0] = 1\n    output x\n}",
        "block Net {\n    input x: [N, C]\n    y = cat([ones(1, C), x[1:]], dim=0)\n    output y\n}",
    ),
    "E0132": _entry(
        "label-without-a-chain",
        "A labelled layer stands on its own.",
        "A label names a stage of a chain, which feeds it. To introduce a layer without applying it, write `layer`.",
        "model Net {\n    input x: float[B, 10]\n    fc: Linear(5)\n    output x -> fc\n}",
        "model Net {\n    input x: float[B, 10]\n    layer fc: Linear(5)\n    output x -> fc\n}",
    ),
}
