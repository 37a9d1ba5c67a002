"""Runs a constructor as data: which modules it makes, under which keys, with which arguments. No torch, no exec."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from specc.emit.plan import Check, ClassPlan, DictCode, Do, For, FunctionPlan, If, Let, NoGrad, Put, Return, Star, Stmt
from specc.emit.walk import target_names
from specc.pycode import (
    Attr,
    BinaryCode,
    CallCode,
    Code,
    CompCode,
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


class Wrong(Exception):
    """The constructor raises, or does what a constructor cannot."""


class Made:
    """A module: `kind` is its constructor's path, `args` and `kwargs` what it got, `children` what it holds by key."""

    __slots__ = ("args", "children", "kind", "kwargs")

    def __init__(self, kind: str, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> None:
        self.kind = kind
        self.args = args
        self.kwargs = kwargs or {}
        self.children: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self.children)

    def append(self, module: Any) -> None:
        self.children[str(len(self.children))] = module

    def add_module(self, name: str, module: Any) -> None:
        self.children[name] = module


_BUILTINS: dict[str, Callable[..., Any]] = {
    "range": range, "len": len, "enumerate": enumerate, "zip": zip, "reversed": lambda xs: list(reversed(xs)),
    "max": max, "min": min, "int": int, "float": float, "round": round, "abs": abs, "sum": sum, "sorted": sorted,
    "all": all, "any": any, "str": str, "tuple": tuple, "list": list,
    "math.ceil": math.ceil, "math.floor": math.floor, "math.sqrt": math.sqrt, "math.log": math.log, "math.log2": math.log2,
    "math.exp": math.exp, "math.sin": math.sin, "math.cos": math.cos,
}  # fmt: skip

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv, "%": operator.mod,
    "**": operator.pow, "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "is": operator.is_, "is not": operator.is_not,
    "in": lambda a, b: a in b, "not in": lambda a, b: a not in b,
}  # fmt: skip

CONTAINERS = ("nn.Sequential", "nn.ModuleList", "nn.ModuleDict", "nn.ParameterList", "nn.ParameterDict")


WRAPPERS = "nn.utils.parametrizations."
"""Functions that take a module and return it."""


class Evaluator:
    """Knows the file's classes, functions and constants by name."""

    def __init__(
        self, classes: Mapping[str, ClassPlan], functions: Mapping[str, FunctionPlan], constants: Mapping[str, Code]
    ) -> None:
        self.classes = classes
        self.functions = functions
        self.constants = {name: _Frame(self, {}).value(code) for name, code in constants.items()}

    def construct(self, plan: ClassPlan, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Made:
        """The module that a class makes for concrete arguments."""
        made = Made(plan.name, tuple(args), dict(kwargs))
        names = [param.name for param in plan.params]
        values = dict(zip(names, args, strict=False))
        if len(args) > len(names):
            raise Wrong(f"{plan.name} takes {len(names)} arguments, not {len(args)}")
        for name, value in kwargs.items():
            if name not in names or name in values:
                raise Wrong(f"{plan.name} takes no argument {name}")
            values[name] = value
        for param in plan.params:
            if param.name not in values:
                if param.default is None:
                    raise Wrong(f"{plan.name} lacks {param.name}")
                values[param.name] = _Frame(self, {}).value(param.default)
        frame = _Frame(self, {**values, "self": made})
        try:
            frame.run(plan.init)
        except (LookupError, ArithmeticError, TypeError, AttributeError) as why:
            raise Wrong(f"{type(why).__name__}: {why}") from why
        return made

    def call(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if name in _BUILTINS:
            return _BUILTINS[name](*args, **kwargs)
        if name in self.functions:
            plan = self.functions[name]
            values = dict(zip((p.name for p in plan.params), args, strict=False)) | kwargs
            for param in plan.params:
                if param.name not in values and param.default is not None:
                    values[param.name] = _Frame(self, {}).value(param.default)
            for statement in plan.body:
                if isinstance(statement, Return):
                    return _Frame(self, values).value(statement.value)
            raise Wrong(f"{name} returns nothing")
        if name in self.classes:
            return self.construct(self.classes[name], args, kwargs)
        if name == "OrderedDict":
            return dict(args[0]) if args else dict(kwargs)
        if name in CONTAINERS:
            return self._container(name, args)
        if name.startswith(WRAPPERS) and args and isinstance(args[0], Made):
            inner = args[0]
            return Made(f"{name}({inner.kind})", inner.args, inner.kwargs)
        return Made(name, tuple(args), kwargs)

    def _container(self, name: str, args: list[Any]) -> Made:
        made = Made(name)
        if name == "nn.Sequential" and not (len(args) == 1 and isinstance(args[0], dict)):
            for module in args:
                made.append(module)
        elif args and isinstance(args[0], dict):
            made.children.update(args[0])
        elif args:
            for module in args[0]:
                made.append(module)
        return made


class _Frame:
    """Values of names while statements run."""

    def __init__(self, evaluator: Evaluator, names: dict[str, Any]) -> None:
        self.evaluator = evaluator
        self.names = names

    def run(self, statements: Sequence[Stmt]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, statement: Stmt) -> None:
        match statement:
            case Let():
                self._assign(statement.target, self.value(statement.value))
            case Put():
                self.value(statement.container).children[self.value(statement.key)] = self.value(statement.value)
            case Do():
                self.value(statement.value)
            case Check():
                if self.value(statement.violated):
                    raise Wrong(f"ValueError: {statement.message}")
            case If():
                self.run(statement.then if self.value(statement.condition) else statement.orelse)
            case For():
                for item in list(self.value(statement.iterable)):
                    self._bind(statement.targets, item)
                    self.run(statement.body)
            case NoGrad():
                self.run(statement.body)
            case _:
                raise Wrong(f"a {type(statement).__name__} in a constructor")

    def _assign(self, target: str, value: Any) -> None:
        if target.startswith("self."):
            children = self.names["self"].children
            children.pop(target[5:], None)
            children[target[5:]] = value
        elif "," in target:
            for name, part in zip(target_names(target), value, strict=True):
                self.names[name] = part
        else:
            self.names[target] = value

    def _bind(self, targets: Sequence[str], item: Any) -> None:
        if len(targets) == 1 and "," not in targets[0]:
            self.names[targets[0]] = item
            return
        for target, part in zip(targets, item, strict=True):
            self._bind(target_names(target), part)

    def value(self, code: Code) -> Any:
        match code:
            case Lit():
                return code.value
            case Var():
                if code.name not in self.names:
                    if code.name in self.evaluator.constants:
                        return self.evaluator.constants[code.name]
                    raise Wrong(f"{code.name} has no value")
                return self.names[code.name]
            case Path():
                return code.name
            case Attr():
                owner = self.value(code.value)
                if isinstance(owner, Made) and code.name in owner.children:
                    return owner.children[code.name]
                raise Wrong(f"nothing has the attribute {code.name}")
            case Item():
                return self._item(code)
            case UnaryCode():
                value = self.value(code.value)
                return not value if code.op == "not" else -value if code.op == "-" else value
            case BinaryCode(op="and"):
                return self.value(code.left) and self.value(code.right)
            case BinaryCode(op="or"):
                return self.value(code.left) or self.value(code.right)
            case BinaryCode():
                return _OPERATORS[code.op](self.value(code.left), self.value(code.right))
            case IfCode():
                return self.value(code.then) if self.value(code.condition) else self.value(code.orelse)
            case CallCode():
                return self._call(code)
            case ListCode():
                return self._items(code.items)
            case TupleCode():
                return tuple(self._items(code.items))
            case DictCode():
                return {self.value(key): self.value(value) for key, value in code.items}
            case CompCode():
                return self._comprehension(code)
            case FString():
                return "".join(piece if isinstance(piece, str) else str(self.value(piece)) for piece in code.pieces)
        raise Wrong(f"a {type(code).__name__} in a constructor")

    def _items(self, codes: Sequence[Code]) -> list[Any]:
        out: list[Any] = []
        for code in codes:
            if isinstance(code, Star):
                out += self.value(code.value)
            else:
                out.append(self.value(code))
        return out

    def _item(self, code: Item) -> Any:
        owner = self.value(code.value)
        (index,) = code.items
        if isinstance(index, SliceCode):
            bounds = [None if part is None else self.value(part) for part in (index.start, index.stop, index.step)]
            return owner[slice(*bounds)]
        key = self.value(index)
        if isinstance(owner, Made):
            return owner.children[str(key)]
        return owner[key]

    def _call(self, code: CallCode) -> Any:
        args = self._items(code.args)
        kwargs = {name: self.value(value) for name, value in code.kwargs}
        func = code.func
        if isinstance(func, Attr):
            owner = self.value(func.value)
            if isinstance(owner, Made) and func.name in ("append", "add_module"):
                return getattr(owner, func.name)(*args)
            if isinstance(owner, list) and func.name in ("append", "pop"):
                return getattr(owner, func.name)(*args)
            raise Wrong(f"a call of {func.name} in a constructor")
        assert isinstance(func, Path), func
        if func.name == "self.add_module":
            return self.names["self"].add_module(*args)
        if func.name == "self.register_buffer":
            self.names["self"].children[args[0]] = Made("buffer" if kwargs.get("persistent", True) else "constant", (args[1],))
            return None
        if func.name == "getattr":
            return args[0].children[args[1]]
        return self.evaluator.call(func.name, args, kwargs)

    def _comprehension(self, code: CompCode) -> list[Any]:
        out = []
        outer = dict(self.names)
        for item in list(self.value(code.iterable)):
            self._bind(code.targets, item)
            if code.condition is None or self.value(code.condition):
                out.append(self.value(code.element))
        self.names = outer
        return out
