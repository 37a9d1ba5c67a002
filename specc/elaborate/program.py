"""One model with its parameters: what its bodies share while they are elaborated."""

from __future__ import annotations

from typing import Any

from specc.diagnostics import Diagnostic, Diagnostics
from specc.dims.expr import Dim, Symbol
from specc.dims.solver import Solver
from specc.elaborate import argument_errors, errors, limit_errors
from specc.elaborate.arguments import bind_parameters
from specc.elaborate.body import Body
from specc.elaborate.entries import entries_of, inputs_in, open_input
from specc.elaborate.files import Files
from specc.elaborate.instantiate import InputType, bind_parameter, call_instance, run_body
from specc.elaborate.scope import Scope
from specc.elaborate.trace import BlockLayer, DefinitionRef, Instance, Member, Static
from specc.elaborate.values import LetFunction, Poison, Undecided, value_key
from specc.pycode import Code, Lit
from specc.source import Span
from specc.syntax import ast
from specc.types import TensorType

MOST_COMPUTED = 200_000
MOST_NESTED = 64


class Program:
    """Shared state of one elaboration: the solver, the instances, the counts that limits hold. After `elaborate_model`,
    `root` is the model's instance."""

    def __init__(
        self,
        files: Files,
        diagnostics: Diagnostics,
        *,
        max_nodes: int = 50_000,
        generic: bool = False,
        inputs: dict[str, tuple[int, ...]] | None = None,
    ) -> None:
        self.files = files
        self.diagnostics = diagnostics
        self.max_nodes = max_nodes
        self.generic = generic
        self.inputs = inputs or {}
        """Sizes of inputs that the user bound (`--input image=1,3,224,224`)."""
        self.solver = Solver()
        self.instances: dict[Any, Instance] = {}
        self.active: list[DefinitionRef] = []
        self.unmet: set[int] = set()
        """Instances of which a `require` does not hold, by serial: the rest of their bodies is not looked at."""
        self.bodies: dict[Any, Body] = {}
        """Models with entries that are used as layers."""
        self.root: Instance | None = None
        self.root_name = ""
        self.next_tensor = 0
        self.let_depth = 0
        self.let_functions: dict[str, LetFunction] = {}
        """Compile-time functions that constructor code calls."""
        self.externs: dict[str, ast.Extern] = {}
        """Layers of the user's own code that the model uses, by name."""
        self.declared: dict[Symbol, Span] = {}
        """Where the model's free sizes were named."""
        self.run_sizes: set[Symbol] = set()
        """Values of `dim` inputs: loops over them run at run time."""
        self.assumed: dict[str, Any] = {}
        """Types of inputs that the spec leaves open, by name (open_types.Assumed)."""
        self.write_out = False
        """Loops whose items are known are written out in a generic trace too: their sizes are then known after them."""
        self.stacks = False
        """Loops that carry lists of tensors are written once (stacks)."""
        self.trial = False
        """Open sizes may still be solved by what they feed."""
        self.bound_sizes: dict[str, int] = {}
        self.optional_inputs: frozenset[int] = frozenset()
        """In a generic program: the tensors that may be left out of the program that it was made from."""
        self.optional: set[int] = set()
        """Tensors of inputs that may be left out."""
        self.weight_codes: dict[int, Code] = {}
        """Tensors that are parameters of layers, by id."""
        self.ruled: dict[Span, tuple[TensorType, int]] = {}
        """Init rules: a weight that each names, of the most dimensions, and how many dimensions it fills at least."""
        self.obligations: list[tuple[Undecided, str, Span]] = []
        self.doubted: dict[tuple[int, int, int], dict[Any, None]] = {}
        """Places where something was left open, with what to compare there; generated code has an assertion (doubts.py)."""
        self.doubts: set[tuple[str, Dim, Dim]] = set()
        """What was left open and has been told."""
        self._completed: dict[object, dict[str, Static]] = {}
        self._keys: dict[int, object] = {}
        """Keys of completed arguments by their dict's identity; `_completed` keeps those alive."""
        self._nodes: dict[int, int] = {}
        self._spans: dict[tuple[int, int, int], tuple[Span, bool]] = {}
        self._told = False

    # --- limits -----------------------------------------------------------------------------------------------

    def count_node(self, body: Body) -> None:
        """Counts a node of an instance; the product over calls is counted without expanding it."""
        self._count(body, 1)

    def count_instance(self, instance: Instance, body: Body) -> None:
        self._count(body, self._nodes.get(instance.serial, 0))

    def _count(self, body: Body, n: int) -> None:
        serial = body.instance.serial
        count = self._nodes.get(serial, 0) + n
        self._nodes[serial] = count
        if count > self.max_nodes and not self._told:
            self._told = True
            body.report(limit_errors.too_many_nodes(count, self.max_nodes, body.definition.node.name_span))
            raise TooManyNodes

    def computes(self, amount: int, span: Span, body: Body) -> bool:
        """Counts compile-time work: calls of functions, items of lists. False when there is too much of it for any spec that a
        person writes; the message is given once."""
        before = self.files.computed
        self.files.computed += amount
        if self.files.computed <= MOST_COMPUTED:
            return True
        if before <= MOST_COMPUTED:
            body.report(limit_errors.too_much_computed(MOST_COMPUTED, span))
        body.instance.poisoned = True
        return False

    def fresh_id(self) -> int:
        self.next_tensor += 1
        return self.next_tensor

    def new_instance(self, definition: DefinitionRef, key: Any, params: dict[str, Static]) -> Instance:
        return Instance(definition, key, params, len(self.instances) + len(self.active) * 1_000_003 + self.fresh_id())

    # --- use of names -------------------------------------------------------------------------------------------

    def bound(self, span: Span) -> None:
        key = (id(span.source), span.start, span.end)
        if key not in self._spans:
            self._spans[key] = (span, False)

    def used(self, span: Span) -> None:
        self._spans[(id(span.source), span.start, span.end)] = (span, True)

    def unused(self) -> list[Span]:
        """Places where a name was bound that nothing reads."""
        return [span for span, used in self._spans.values() if not used]

    def used_spans(self) -> list[Span]:
        return [span for span, used in self._spans.values() if used]

    def declared_layer(self, member: Member, body: Body) -> None:
        """A layer that is declared but perhaps never applied."""
        self.bound(member.span)

    def misread(self, node: ast.Definition) -> bool:
        """Is there a mistake of syntax in a definition? Its inputs and outputs may be among what was lost."""
        return any(
            item.code.startswith("E01") and item.primary and item.primary.span.source is node.span.source
            and node.span.start <= item.primary.span.start <= node.span.end
            for item in self.diagnostics.sorted()
        )  # fmt: skip

    # --- parameters -------------------------------------------------------------------------------------------

    def parameter_span(self, definition: DefinitionRef, name: str) -> Span | None:
        for param in definition.node.params:
            if param.name == name:
                return param.span
        return None

    def complete(
        self, definition: DefinitionRef, bound: dict[str, Static], span: Span, caller: Body
    ) -> dict[str, Static] | None:
        """A value for every parameter: defaults are evaluated in the definition's file, in sight of the parameters
        before them. Equal arguments give one dict, so that a block used many times is completed once."""
        key = (id(definition), tuple((name, value_key(value)) for name, value in bound.items()))
        known = None if self.generic else self._completed.get(key)
        if known is not None:
            return known
        args = self._complete(definition, bound, span, caller)
        if args is not None:
            self._completed[key] = args
            self._keys[id(args)] = tuple((name, value_key(value)) for name, value in args.items())
        return args

    def arguments_key(self, args: dict[str, Static]) -> object:
        """A hashable that is equal for equal arguments."""
        known = self._keys.get(id(args))
        return known if known is not None else tuple((name, value_key(value)) for name, value in args.items())

    def _complete(
        self, definition: DefinitionRef, bound: dict[str, Static], span: Span, caller: Body
    ) -> dict[str, Static] | None:
        from specc.elaborate.expressions import single

        args: dict[str, Static] = {}
        instance = Instance(definition, None, {}, -1)
        body = Body(self, definition, instance, Scope())
        for param in definition.node.params:
            value = bound.get(param.name)
            if value is None:
                if param.default is None:
                    caller.report(argument_errors.missing_argument(definition.name, param.name, "", span))
                    return None
                found = single(param.default, body)
                if isinstance(found, Poison):
                    caller.instance.poisoned = True
                    return None
                value = found if isinstance(found, Static) else Static(found, Lit(None), param.default.span)
                type_name = param.type.base if param.type is not None else None
                from specc.elaborate.arguments import TYPE_WORDS, matches
                from specc.elaborate.values import kind_of

                if value.value is not None and not matches(type_name, value):
                    caller.report(
                        argument_errors.wrong_argument(
                            definition.name,
                            param.name,
                            TYPE_WORDS.get(type_name or "", "a value"),
                            kind_of(value),
                            param.default.span,
                        )
                    )
                    return None
            args[param.name] = value
            bind_parameter(param.name, value, body)
        return args

    # --- the model ----------------------------------------------------------------------------------------------

    def at_root(self, body: Body) -> bool:
        return body.instance is self.root

    def obligation(self, condition: Undecided, text: str, span: Span) -> None:
        """A block's requirement that sizes of the model's inputs do not settle: it rises to the model's boundary."""
        self.obligations.append((condition, text, span))

    def obliged(self, span: Span | None) -> bool:
        """Does a `require` stand there that sizes of the inputs must fulfil?"""
        return any(place is span for _, _, place in self.obligations)

    def input_size(self, name: str, axis: int) -> int | None:
        sizes = self.inputs.get(name)
        return sizes[axis] if sizes is not None and axis < len(sizes) else None

    def elaborate_model(self, definition: DefinitionRef, settings: dict[str, Static]) -> Instance:
        """Elaborates a model (or a block on its own) with parameters; its inputs have their declared types. Mistakes go to
        the diagnostics; the instance is then `poisoned`."""
        node = definition.node
        self.root_name = node.name
        instance = self.new_instance(definition, None, {})
        self.root = instance
        body = Body(self, definition, instance, Scope())
        args = self.complete(definition, settings, node.name_span, body)
        if args is None:
            instance.poisoned = True
            return instance
        instance.params.update(args)
        self.active.append(definition)
        try:
            for name, value in args.items():
                bind_parameter(name, value, body)
            declared = definition.inputs
            if not declared and not entries_of(node) and not self.misread(node):
                body.report(errors.no_input(node.keyword, node.name, node.name_span))
            self._bind_sizes([*declared, *(item for entry in entries_of(node).values() for item in inputs_in(entry.body))])
            for item in declared:
                open_input(item, body)
            run_body(body)
        except TooManyNodes:
            instance.poisoned = True
        finally:
            self.active.pop()
        return instance

    def tells(self, diagnostic: Diagnostic) -> bool:
        """Is a mistake met with symbols for parameters one for every value of them? Only a lone block is told so."""
        return False

    def call(
        self, layer: BlockLayer, types: tuple[InputType, ...], fed: dict[str, Any], span: Span, body: Body
    ) -> list[TensorType | None] | Poison:
        """The types that a block gives for these inputs."""
        return call_instance(layer, types, fed, span, body)

    def open_body(self, layer: BlockLayer, span: Span, caller: Body) -> Body | Poison:
        """The body of a model with entries that is used as a layer, elaborated with the types that its entries declare."""
        definition = layer.definition
        key = ("entries", id(definition), tuple((name, value_key(value)) for name, value in layer.args.items()))
        known = self.bodies.get(key)
        if known is not None:
            return known
        if any(active is definition for active in self.active):
            return caller.report(limit_errors.recursion([*(active.name for active in self.active), definition.name], span))
        instance = self.new_instance(definition, key, layer.args)
        body = Body(self, definition, instance, Scope())
        self.active.append(definition)
        try:
            for name, value in layer.args.items():
                bind_parameter(name, value, body)
            run_body(body)
        finally:
            self.active.pop()
        self.bodies[key] = body
        self.instances[key] = instance
        return body

    def _bind_sizes(self, declared: list[ast.Declared]) -> None:
        """Sizes that the user gave by `--input`, by the names that the types give them."""
        for item in declared:
            sizes = self.inputs.get(item.name)
            if sizes is None or item.type is None or item.type.dims is None:
                continue
            for dim, size in zip(item.type.dims, sizes, strict=False):
                if isinstance(dim, ast.Name):
                    self.bound_sizes.setdefault(dim.name, size)


class TooManyNodes(Exception):
    """The limit on nodes is passed; the message has been given."""


def model_arguments(program: Program, definition: DefinitionRef, written: list[Any], span: Span) -> dict[str, Static] | None:
    """A variant's or the user's values, checked like arguments."""
    body = Body(program, definition, Instance(definition, None, {}, -1), Scope())
    return bind_parameters(definition.name, definition.node.params, written, span, body)


__all__ = ["Program", "TooManyNodes", "model_arguments"]
