"""How a layer or a tensor function is declared: one class, in one file, says all there is to know of it.

    class Linear(Layer):
        '''Affine map of the last dimension.'''

        example = "x: float[B, 64] -> Linear(10)"
        kind = Kind.LINEAR
        in_features: Dim = inferred("size of the input's last dimension")
        out_features: Dim = size("size of the output's last dimension")
        bias: bool = flag("add a learned offset", default=True)

        def shape(self, check: Checks, x: TensorType) -> TensorType:
            check.floating(x)
            check.rank(x, at_least=1)
            check.equal(self.in_features, x.last, "in_features", "the input's last dimension")
            return x.with_last(self.out_features)

        def weights(self) -> dict[str, Weight]:
            size = self.out_features
            return {"weight": Weight((size, self.in_features)), "bias": Weight((size,), present=self.bias)}

        def multiply_adds(self, x, y): return elements(x) * self.out_features

Parameters stand in torch's order and have torch's names and defaults. The operands are the parameters of `shape` after
`check`; one with default None may be left out. The call that the layer becomes is `nn.<name>` with the parameters in order
(inferred and required ones by position, others by keyword where the user gave them), unless `torch` or `lower` says
otherwise. Plain classes without generated code: a hundred of them load in a millisecond or two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, ClassVar

from specc.dims.expr import Dim, Expr
from specc.ops.rules import Checks
from specc.pycode import Code
from specc.record import Record
from specc.types import Shape, TensorType


class Kind(Enum):
    """What a thing is for the eye: its colour and shape in pictures."""

    CONV = "conv"
    LINEAR = "linear"
    ATTENTION = "attention"
    RECURRENT = "recurrent"
    NORM = "norm"
    ACTIVATION = "activation"
    DROPOUT = "dropout"
    POOL = "pool"
    EMBEDDING = "embedding"
    MERGE = "merge"
    VIEW = "view"
    ARITHMETIC = "arithmetic"
    CREATE = "create"
    OTHER = "other"


REQUIRED: Any = object()


class Param:
    """A parameter of an op. `type` is one of: int (a size or count), ints (an int or one per spatial dimension), dims (a
    list of sizes, perhaps variadic), float, number (int or float), bool, str, dtype, shape, any."""

    __slots__ = ("choices", "default", "doc", "inferred", "lower", "name", "optional", "type", "upper", "variadic")

    def __init__(
        self, type: str, doc: str, default: Any = REQUIRED, *, inferred: bool = False, optional: bool = False,
        choices: tuple[str, ...] = (), lower: float | None = None, upper: float | None = None, variadic: bool = False,
    ) -> None:  # fmt: skip
        self.name = ""
        self.type = type
        self.doc = doc
        self.default = default
        self.inferred = inferred
        self.optional = optional  # `none` is allowed
        self.choices = choices
        self.lower = lower
        self.upper = upper
        self.variadic = variadic


def size(doc: str, default: Any = REQUIRED, *, lower: int = 1, optional: bool = False, upper: int | None = None) -> Any:
    """An integer: a size, count, axis or stride. May be symbolic. `lower` and `upper` are checked for every use."""
    return Param("int", doc, default, lower=lower, upper=upper, optional=optional)


def axis(doc: str, default: Any = REQUIRED, *, optional: bool = False) -> Any:
    """A dimension number, negative from the end. Always concrete."""
    return Param("int", doc, default, optional=optional)


def inferred(doc: str) -> Any:
    """A size that follows from the operands; given by keyword, it is checked against them."""
    return Param("int", doc, None, inferred=True, lower=0)


def sizes(doc: str, default: Any = REQUIRED, *, lower: int = 1, optional: bool = False) -> Any:
    """An int, or a tuple with one int per spatial dimension."""
    return Param("ints", doc, default, lower=lower, optional=optional)


def dims(doc: str, default: Any = REQUIRED, *, variadic: bool = False, lower: int | None = None, optional: bool = False) -> Any:
    """A tuple of sizes or axes; `variadic` ones may be written without brackets: `permute(0, 2, 1)`."""
    return Param("dims", doc, default, variadic=variadic, lower=lower, optional=optional)


def flag(doc: str, default: Any = REQUIRED) -> Any:
    return Param("bool", doc, default)


def real(
    doc: str, default: Any = REQUIRED, *, lower: float | None = None, upper: float | None = None, optional: bool = False
) -> Any:
    """A float (an int is taken as one)."""
    return Param("float", doc, default, lower=lower, upper=upper, optional=optional)


def number(doc: str, default: Any = REQUIRED, *, optional: bool = False) -> Any:
    """An int or a float, kept as written."""
    return Param("number", doc, default, optional=optional)


def choice(doc: str, *choices: str, default: Any = REQUIRED, optional: bool = False) -> Any:
    """A word out of a closed set; with no choices, any string."""
    return Param("str", doc, default, choices=choices, optional=optional)


def dtype(doc: str, default: Any = REQUIRED, *, optional: bool = True) -> Any:
    """A kind of number: `float`, `int`, `bool`, `complex`, `uint8` (a DType)."""
    return Param("dtype", doc, default, optional=optional)


class Weight(Record):
    """A parameter or buffer of a layer. Shape in elements; `present=False` leaves it out."""

    shape: Shape
    present: bool = True
    buffer: bool = False


# `ReLU` and its kin are one word; so are other runs of capitals, up to the last, which begins the next word.
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])(?!LU)|(?<=[A-Z])(?=[A-Z][a-z])(?!ReLU)")


def snake(name: str) -> str:
    """`LogSoftmax` -> `log_softmax`, `GRUCell` -> `gru_cell`, `LeakyReLU` -> `leaky_relu`."""
    return _WORDS.sub("_", name).lower()


class Op:
    """Base of layers and functions."""

    name: ClassVar[str] = ""
    kind: ClassVar[Kind] = Kind.OTHER
    example: ClassVar[str] = ""
    torch: ClassVar[str] = ""
    params: ClassVar[dict[str, Param]] = {}
    operands: ClassVar[tuple[str, ...]] = ()
    optional_operands: ClassVar[frozenset[str]] = frozenset()
    list_operands: ClassVar[frozenset[str]] = frozenset()
    """Operands that take a list of tensors (`cat`)."""
    number_operands: ClassVar[frozenset[str]] = frozenset()
    """Operands that may be a plain number (`where(mask, x, 0.0)`); the rule sees a rank-0 TensorType of the number's kind."""
    order: ClassVar[tuple[str, ...]] = ()
    """Names of operands and parameters in the order of torch's signature, where it is not operands first."""
    results: ClassVar[tuple[str, ...]] = ("output",)
    """Names of the results; the first is the primary one, which passes along a chain."""
    inplace: ClassVar[bool] = False
    """torch offers an in-place form (`inplace=True`)."""
    keeps_input: ClassVar[bool] = True
    """Its backward reads its input, so the input must not be overwritten."""
    keeps_output: ClassVar[bool] = False
    """Its backward reads its output, so the output must not be overwritten."""
    aliases: ClassVar[bool] = False
    """Its result may share memory with its first operand (a view; dropout in evaluation): overwriting one changes the other."""
    open_keywords: ClassVar[bool] = False
    """Takes sizes under any name: the axes of a pattern (`rearrange`)."""
    random: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        own = {}
        for name, value in list(cls.__dict__.items()):
            if isinstance(value, Param):
                value.name = name
                own[name] = value
                delattr(cls, name)
        cls.params = {**{k: v for k, v in cls.params.items() if k not in own}, **own}
        if "name" not in cls.__dict__:
            cls.name = cls._default_name(cls.__name__)
        rule = cls.__dict__.get("shape")
        if rule is not None:
            code = rule.__code__
            names = code.co_varnames[2 : code.co_argcount]
            cls.operands = names
            cls.optional_operands = frozenset(names[len(names) - len(rule.__defaults__ or ()) :])

    @classmethod
    def _default_name(cls, name: str) -> str:
        return name

    def __init__(self, values: Mapping[str, Any]) -> None:
        """`values`: checked arguments by name; what is missing takes its default (inferred ones come as fresh symbols)."""
        for name, param in self.params.items():
            value = values.get(name, param.default)
            if param.variadic and isinstance(value, int | Expr):
                value = (value,)
            setattr(self, name, value)

    def shape(self, check: Checks, *operands: Any) -> Any:
        """The type of the result (or a tuple, as `results` names them) from the operands' types. Raises Misfit by `check`."""
        raise AssertionError(f"{self.name} declares no shape rule")

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        """Multiply-add operations of one application; 0 where nothing is multiplied."""
        return 0

    def subtitle(self) -> str:
        """A few words for pictures and tables: `3x3, stride 2`."""
        return ""

    def pair(self, name: str, n: int) -> tuple[Any, ...]:
        """An `ints` parameter as a tuple of n."""
        value = getattr(self, name)
        if isinstance(value, tuple | list):
            return tuple(value)
        return (value,) * n


class Layer(Op):
    """A torch.nn module that maps tensors to tensors."""

    torch: ClassVar[str] = ""
    result_pattern: ClassVar[str] = ""
    """The assignment target where torch nests several results: `{0}, ({1}, {2})` for LSTM. Empty: one name after the other."""
    operand_pattern: ClassVar[str] = ""
    """The call's arguments where torch packs or names them: `{0}, ({1}, {2})`, `{0}, attn_mask={1}`. A piece whose operands
    were not given is left out. Empty: operands in order, by keyword once one was left out."""
    operand_defaults: ClassVar[dict[str, str]] = {}
    """An optional operand that, when left out, is the same tensor as another one: `key` is `query` in self-attention."""
    primary_only_kwargs: ClassVar[dict[str, bool]] = {}
    """Keyword arguments of the call when only the primary result is used: `need_weights=False`."""

    def weights(self) -> dict[str, Weight]:
        """Parameters and buffers by their state_dict name, in torch's order."""
        return {}


class Function(Op):
    """A tensor function, named lower_snake; the class is its name in CamelCase (`ScatterSum` is `scatter_sum`)."""

    operator: ClassVar[str] = ""
    """The operator of the language, and of Python, that stands for it."""
    variadic: ClassVar[bool] = False
    """Its list of tensors may be written out: `einsum("i j, j k -> i k", a, b)`, or fed by a chain: `(a, b) -> einsum(...)`."""
    creates: ClassVar[bool] = False
    """Makes a tensor out of nothing: the generated call takes `device=` from a tensor at hand."""

    @classmethod
    def _default_name(cls, name: str) -> str:
        return snake(name)

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        """The expression it becomes, from the code of its operands and given arguments; None for the plain call of `torch`
        with operands and arguments in `order` (an entry `.name` makes it a method of the first operand)."""
        return None
