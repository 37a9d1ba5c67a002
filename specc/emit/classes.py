"""One class of the generated file: its constructor, its methods and what they know of each other."""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Dim
from specc.dims.solver import Precondition, Solver
from specc.elaborate.generic import Generic
from specc.elaborate.program import Program
from specc.elaborate.selectors import weights_of as held_by
from specc.elaborate.trace import (
    BlockLayer,
    EntryTrace,
    Introduce,
    OpLayer,
    SizeSymbol,
    Tensor,
    TensorMember,
)
from specc.elaborate.values import Recipe, holds_layers
from specc.emit.code import text
from specc.emit.compact import compact
from specc.emit.construct import Constructor
from specc.emit.documentation import class_doc, method_doc
from specc.emit.fill import Filled
from specc.emit.forward import Forward
from specc.emit.freezing import freezing
from specc.emit.initial import reset_method, ties
from specc.emit.library import EmittedClass, Library, SizeParameter, taken_inputs
from specc.emit.locals import name_locals, python_names
from specc.emit.members import MODULE_ATTRIBUTES, SELF, Places, python_name
from specc.emit.parameters import annotation, default_code, literal_code
from specc.emit.plan import ClassPlan, Do, FunctionPlan, Let, Parameter, Stmt, TuplePlan
from specc.emit.preconditions import conjunction, demands, left_open, undocumented
from specc.emit.trace_walk import CannotEmit, instance_items, weights_of
from specc.emit.walk import bound_names, expressions, free_vars, map_statement, parts, prune, rename, replace_vars, target_names
from specc.pycode import Attr, CallCode, Code, Item, Lit, Path, Var, base_name
from specc.types import DType

LIKE = "_like"
"""The buffer of a module without weights that says which width and device it has been moved to."""


class ClassBuilder:
    """Builds one class. It is what forward asks for names (forward.Context)."""

    def __init__(self, generic: Generic, name: str, library: Library, *, program: Program, root: bool) -> None:
        self.generic = generic
        self.name = name
        self.library = library
        self.solver: Solver = generic.solver
        self.root = root
        self.program = program
        self.instance = generic.trace
        self.asserted: list[Code] = []
        """Demands on the inputs' sizes that the methods check."""
        self.like = False
        """Forward asks for the width of a module that has no weights."""
        self.saved: dict[str, str] = {}
        """Constructor names that forward needs -> attribute."""
        self.entries = list(self.instance.entries.values())
        self.typed = generic.typed or generic
        """What knows the types of inputs and outputs."""
        self.size_names = frozenset(size.name for entry in self.entries for size in entry.sizes) - set(self.instance.params)
        self._construct()

    # --- constructor ---------------------------------------------------------------------------------------------

    def _construct(self) -> None:
        """Twice: the first time shows which sizes and locals the constructor needs."""
        self.constructor, statements = self._attempt(self.size_names, None)
        used = {name: None for code in expressions(statements) for name in free_vars(code)}
        static = frozenset(name for name in used if name in self.size_names)
        self.constructor, self.statements = self._attempt(self.size_names - static, frozenset(used))
        self.sizes = self._size_parameters(static)
        if self.root and self.sizes:  # nobody could fill it in: a loop hides that the size is known after it
            raise CannotEmit(f"the constructor of {self.name} needs {self.sizes[0].name}")

    def _attempt(self, dynamic: frozenset[str], needed: frozenset[str] | None) -> tuple[Constructor, tuple[Stmt, ...]]:
        self.places = Places(self.generic.instances)
        constructor = Constructor(self.instance, self.solver, self.places, self.library, dynamic, needed)
        statements = tuple(constructor.build())
        known = self._known_values(statements)
        return constructor, prune(tuple(map_statement(s, lambda code: replace_vars(code, known)) for s in statements))

    def _known_values(self, statements: tuple[Stmt, ...]) -> dict[str, Code]:
        """Fixed parameters by value, and constants of the file."""
        fixed = self.generic.fixed.items()
        known = {n: literal_code(value) for n, value in fixed if not isinstance(value.value, Recipe) and not self._is_listed(n)}
        own = bound_names(statements) | set(self.instance.params) | self.size_names | {"self"}
        for name in dict.fromkeys(name for code in expressions(statements) for name in free_vars(code)):
            if name not in own:
                constant = self.library.constant(name, self.generic.definition.scope)
                if constant is not None:
                    known[name] = constant
        return known

    def _is_listed(self, parameter: str) -> bool:
        """Is it a list that is fixed and runs through loops? The code speaks of it by its name."""
        value = self.generic.fixed.get(parameter)
        return (
            self.generic.typed is not None and value is not None and isinstance(value.value, list) and not holds_layers(value)
        )

    def _size_parameters(self, static: frozenset[str]) -> list[SizeParameter]:
        out: list[SizeParameter] = []
        taken = set(self.generic.trace.params)
        for entry in self.entries:
            names = [name for name, _ in entry.inputs]
            types = {name: value.type for name, value in entry.inputs if isinstance(value, Tensor)}
            for symbol in entry.sizes:
                if symbol.name in static and all(size.symbol.name != symbol.name for size in out):
                    name = size_name(symbol, types[symbol.input].rank if symbol.input in types else 0, taken)
                    taken.add(name)
                    out.append(SizeParameter(symbol, name, names.index(symbol.input)))
        return out

    # --- what forward asks ---------------------------------------------------------------------------------------

    def has_attribute(self, name: str) -> bool:
        if name in self.generic.fixed:
            return True
        if name in self.instance.params:
            return not isinstance(self.instance.params[name].value, Recipe)
        return self.constructor_locals().count(name) == 1

    def attribute(self, name: str) -> Code | None:
        if not self.has_attribute(name):
            return self.library.constant(name, self.generic.definition.scope)
        if name in self.generic.fixed and not self._is_listed(name):
            return literal_code(self.generic.fixed[name])
        if name not in self.saved:
            self.saved[name] = self._attribute_name(name)
        return Attr(SELF, self.saved[name])

    def constructor_locals(self) -> list[str]:
        """What `let` names in the constructor; not what follows from a size that only forward knows."""
        unknown, found = set(self.constructor.dynamic_sizes), []
        for statement in self.constructor.statements:
            if isinstance(statement, Let) and "." not in statement.target:
                if unknown.isdisjoint(free_vars(statement.value)):
                    found.append(statement.target)
                else:
                    unknown.add(statement.target)
        return found

    def _attribute_name(self, name: str) -> str:
        candidate = python_name(base_name(name))
        taken = self.places.taken | MODULE_ATTRIBUTES | self.instance.entries.keys() | set(self.saved.values())
        while candidate in taken:
            candidate += "_"
        return candidate

    def own_inputs(self, entry: str) -> tuple[str, ...]:
        return taken_inputs(self.instance.entries[entry])

    def state_names(self, layer: BlockLayer) -> tuple[str, ...]:
        return tuple(state.name for state in self.library.of(layer).generic.trace.forward.states)

    def entry_inputs(self, layer: BlockLayer, entry: str) -> tuple[str, ...]:
        return self.library.of(layer).inputs(entry)

    def weight_code(self, tensor: int) -> Code | None:
        code = self.generic.weight_codes.get(tensor)
        return None if code is None else self._weight(code)

    def _weight(self, code: Code) -> Code:
        """A weight's code with indices where parts are numbers."""
        if isinstance(code, Path):
            return SELF
        if isinstance(code, Item):
            return Item(self._weight(code.value), code.items)
        assert isinstance(code, Attr)
        owner = self._weight(code.value)
        return Item(owner, (Lit(int(code.name)),)) if code.name.isdigit() else Attr(owner, code.name)

    def weight_at_hand(self) -> Code | None:
        for item in instance_items(self.instance):
            if isinstance(item, Introduce) and id(item.member) in self.places.paths:
                path = self.places.paths[id(item.member)]
                layer = item.member.layer
                if isinstance(layer, OpLayer) and len(path) == 1 and (weights_of(layer.op) or {}).get("weight") is not None:
                    return Attr(self.places.reach(path), "weight")
        for item in instance_items(self.instance):  # a body may have buffers alone
            if isinstance(item, Introduce) and id(item.member) in self.places.paths:
                path = self.places.paths[id(item.member)]
                layer = item.member.layer
                if isinstance(layer, TensorMember) and len(path) == 1 and layer.type.dtype is DType.FLOAT:
                    return self.places.reach(path)
        if all(any(not held.buffer for held in held_by(instance).values()) for instance in self.generic.instances):
            return CallCode(Path("next"), (CallCode(Path("self.parameters")),))
        self.like = True  # a module without weights follows `.to(...)` by a buffer of its own, which is not saved
        return Attr(SELF, LIKE)

    def is_optional(self, tensor: int) -> bool:
        return tensor in self.generic.optional

    def value_statements(self, entry: EntryTrace, filled: Filled | None) -> list[Stmt]:
        return Forward(entry, self, filled).build()

    def init_code(self, code: Code, filled: Filled | None) -> Code:
        return Forward(EntryTrace("initial"), self, filled).code(code)

    def class_path(self, name: str) -> str | None:
        for made in self.library.classes:
            if made.generic.definition.name == name:
                return made.name
        return None

    # --- the class -----------------------------------------------------------------------------------------------

    def build(self) -> EmittedClass:
        methods = [self._method(entry) for entry in self.entries]
        reset = reset_method(self.constructor.tensors, self.instance, self.generic.instances, self)
        if reset is not None:
            methods.insert(0, reset)
        self._forget_unused(methods)
        result = self._result_tuple()
        init = self._with_saved()
        renames: dict[str, Code] = {size.symbol.name: Var(size.name) for size in self.sizes}
        renames |= {name: Var(python_name(name)) for name in self.instance.params if python_name(name) != name}
        init = tuple(rename(statement, renames) for statement in init)
        taken = {size.name for size in self.sizes} | {python_name(name) for name in self.instance.params}
        init = compact(prune(name_locals(prune(init), sorted(taken))))
        closing = list(ties(self.instance, self.places))
        if reset is not None:
            closing.append(Do(CallCode(Path("self.reset_parameters"))))
        if self.like:
            empty = CallCode(Path("torch.empty"), (Lit(0),))
            closing.insert(0, Do(CallCode(Path("self.register_buffer"), (Lit(LIKE), empty), (("persistent", Lit(False)),))))
        closing += freezing(self.instance, self.generic.instances, self)
        plan = ClassPlan(
            self.name,
            class_doc(self.typed, self.sizes, self.typed.solver, list(self.typed.trace.entries.values()), self._needs()),
            self.parameters(),
            init,
            tuple(methods),
            tuple(closing),
            result,
        )
        return EmittedClass(self.generic, self.name, plan, self.sizes, self.places)

    def _needs(self) -> str:
        """What the model as it is built demands beyond what is asserted."""
        return undocumented(self.program, self.asserted) if self.root else ""

    def _forget_unused(self, methods: list[FunctionPlan]) -> None:
        """A loop over modules may have made the value that it ran over unnecessary."""
        read = {
            part.name
            for m in methods
            for code in expressions(m.body)
            for part in parts(code)
            if isinstance(part, Attr) and part.value == SELF
        }
        self.saved = {name: attribute for name, attribute in self.saved.items() if attribute in read}

    def parameters(self) -> tuple[Parameter, ...]:
        required = [Parameter(size.name, "int") for size in self.sizes]
        optional: list[Parameter] = []
        for param in self.generic.definition.node.params:
            if param.name in self.generic.fixed or isinstance(self.instance.params[param.name].value, Recipe):
                continue
            samples = [instance.params[param.name] for instance in self.generic.instances if param.name in instance.params]
            default = default_code(param, samples[0] if self.root and samples else None, self.generic.definition)
            made = Parameter(python_name(param.name), annotation(param, samples, default), default)
            (required if default is None else optional).append(made)
        return (*required, *optional)

    def _with_saved(self) -> tuple[Stmt, ...]:
        """`self.heads = heads` for what forward needs."""
        params = [Let(f"self.{attribute}", Var(name)) for name, attribute in self.saved.items() if name in self.instance.params]
        known = self._known_values(tuple(self.constructor.statements))
        out: list[Stmt] = [*params]
        listed = [(name, value) for name, value in self.generic.fixed.items() if self._is_listed(name)]
        out = [*(Let(name, literal_code(value, as_tuple=True)) for name, value in listed), *out]
        for statement in self.constructor.statements:
            out.append(map_statement(statement, lambda code: replace_vars(code, known)))
            if isinstance(statement, Let) and statement.target in self.saved and statement.target not in self.instance.params:
                out.append(Let(f"self.{self.saved[statement.target]}", Var(statement.target)))
        return tuple(out)

    def _method(self, entry: EntryTrace) -> FunctionPlan:
        typed = self.typed.trace.entries[entry.name]
        known = frozenset(self.instance.params)
        wanted = demands(self.typed.solver, typed, known, lambda fact: self._asserts(fact, entry))
        self.asserted += wanted
        message = f"{self.name} needs {text(conjunction(wanted))}" if wanted else ""
        body = Forward(entry, self).build(wanted, message)
        params = []
        for name, value in entry.inputs:
            local = python_name(name)
            number = entry.defaults.get(name)
            if number is not None and isinstance(value, Tensor):
                params.append(Parameter(local, f"Tensor | {type(number).__name__}", Lit(number)))
            elif isinstance(value, Tensor):
                optional = self.is_optional(value.id)
                params.append(Parameter(local, "Tensor | None" if optional else "Tensor", Lit(None) if optional else None))
            elif name in taken_inputs(entry):
                params.append(Parameter(local, "int", Lit(number) if number is not None else None))
        params += [Parameter(python_name(state.name), "Tensor | None", Lit(None)) for state in entry.states]
        params.sort(key=lambda param: param.default is not None)
        doc = method_doc(typed, self.sizes, self.typed.solver) if len(self.entries) > 1 else ""
        return FunctionPlan(
            python_name(entry.name), tuple(params), self._returns(entry), python_names(self._named_result(entry, body)), doc
        )

    def _asserts(self, fact: Precondition, entry: EntryTrace) -> bool:
        """A model checks every demand, a block what the sizes that it is fed leave open."""
        return self.root or left_open(fact, self.typed, entry.name, self.program.solver)

    def _returns(self, entry: EntryTrace) -> str:
        if len(entry.results()) == 1:
            return output_annotation(entry.outputs[0][1])
        if self._is_named(entry):
            return f"{self.name}Output"
        return f"tuple[{', '.join(output_annotation(value) for _, value in entry.results())}]"

    def _is_named(self, entry: EntryTrace) -> bool:
        return entry.name == "forward" and len(entry.results()) > 1 and self.generic.definition.node.keyword == "model"

    def _named_result(self, entry: EntryTrace, body: list[Stmt]) -> list[Stmt]:
        from specc.emit.plan import Return
        from specc.pycode import TupleCode

        last = body[-1]
        if self._is_named(entry) and isinstance(last, Return) and isinstance(last.value, TupleCode):
            body[-1] = Return(CallCode(Path(f"{self.name}Output"), last.value.items), last.span)
        return body

    def _result_tuple(self) -> TuplePlan | None:
        entry = self.instance.entries.get("forward")
        if entry is None or not self._is_named(entry):
            return None
        fields = tuple((field_name(name), output_annotation(value)) for name, value in entry.results())
        return TuplePlan(f"{self.name}Output", fields, f"What {self.name} returns.")


def field_name(name: str) -> str:
    """A NamedTuple's fields cannot start with an underscore nor hide a tuple's methods."""
    name = python_name(name.lstrip("_") or "output")
    return f"{name}_" if name in ("count", "index") else name


def output_annotation(value: Any) -> str:
    return "Tensor" if isinstance(value, Tensor) else "list[Tensor]"


def size_name(symbol: SizeSymbol, rank: int, taken: set[str]) -> str:
    """`in_channels` for a single capital letter on the channels' axis, `in_features` on the last one, else the spec's name."""
    name = symbol.name
    if len(name) == 1 and (name.isupper() or name == "d"):
        axis = symbol.axis % rank if rank else symbol.axis
        conventional = "in_features" if axis == rank - 1 else "in_channels" if axis == 1 and rank >= 3 else name.lower()
        for candidate in (conventional, name.lower(), f"{name.lower()}_size"):
            if candidate not in taken:
                return candidate
    return python_name(name)


__all__ = ["ClassBuilder", "Dim", "EmittedClass", "Generic", "Library", "target_names"]
