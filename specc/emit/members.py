"""Where members live: attributes of the module, nn.ModuleList and nn.ModuleDict for paths of several parts, one shared module
for equal unlabelled activations."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable

from specc.elaborate import labels
from specc.elaborate.trace import Instance, Member, OpLayer, PathPart, SeqLayer, TensorMember
from specc.emit.code import text
from specc.emit.plan import Do, Let, Put, Stmt
from specc.emit.trace_walk import CannotEmit, is_sequential, weightless
from specc.emit.walk import free_vars
from specc.ops.declare import snake
from specc.pycode import Attr, CallCode, Code, FString, Item, Lit, Path, Var
from specc.source import Span

Path_ = tuple[PathPart, ...]
SELF = Var("self")

MODULE_ATTRIBUTES = labels.RESERVED | {"reset_parameters"}
"""Names that torch.nn.Module or the generated class has itself."""

RESERVED = labels.GENERATED


def python_name(name: str) -> str:
    """A name that may be a local variable or argument of generated code."""
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED else name


def is_attribute(part: PathPart) -> bool:
    return isinstance(part, str) and part.isidentifier() and not keyword.iskeyword(part)


def part_code(part: PathPart) -> Code:
    """A part of a path as the code of a str."""
    if isinstance(part, str):
        return Lit(part)
    return part if isinstance(part, FString) else FString((part,))


def part_pattern(part: PathPart) -> str:
    """A regular expression for what a part can become."""
    if isinstance(part, str):
        return re.escape(part)
    if isinstance(part, FString):
        return "".join(re.escape(piece) if isinstance(piece, str) else r"[\w-]+" for piece in part.pieces)
    return r"[\w-]+"


def path_key(path: Iterable[PathPart]) -> tuple[str, ...]:
    """A hashable that is equal for paths written alike."""
    return tuple(part if isinstance(part, str) else "{" + text(part) + "}" for part in path)


class Places:
    """The members of one class by their generic path. `instances` decide whether a container's keys are 0, 1, 2, ..."""

    def __init__(self, instances: tuple[Instance, ...]) -> None:
        self.keys = [[key.split(".") for key in instance.members] for instance in instances]
        self.paths: dict[int, Path_] = {}
        self.containers: dict[tuple[str, ...], bool] = {}
        """Containers by key: True for a ModuleList."""
        self.of_tensors: set[tuple[str, ...]] = set()
        """Containers of learned tensors."""
        self.lists: list[Path_] = []
        self.scattered: set[tuple[str, ...]] = set()
        self.shared: dict[int, str] = {}
        """Unlabelled activations: the attribute of the module that serves for all equal ones."""
        self.shared_by_origin: dict[int, list[str]] = {}
        """Several, where iterations that are written out may not all overwrite their input."""
        self.renamed_by_origin: dict[int, str] = {}
        self.members: dict[int, Member] = {}
        """Placed members that are modules of their own."""
        self.taken: set[str] = set()
        self.calls: dict[str, str] = {}
        """Shared activations by the text of their call."""

    def place(self, member: Member, path: Path_, scattered: frozenset[int] = frozenset()) -> None:
        """`scattered`: the lengths of the parts of the path whose container this member fills for some numbers only. Where no
        other fills it for all, it is no list, whatever the instances have."""
        self.paths[id(member)] = path
        if not isinstance(member.layer, SeqLayer) or is_sequential(member.layer):
            self.members[id(member)] = member
        for count in range(1, len(path)):
            key = path_key(path[:count])
            if key not in self.containers or (key in self.scattered and count not in scattered):
                self.scattered -= {key}
                self.containers[key] = count not in scattered and self._is_list(path[:count])
                if count in scattered:
                    self.scattered.add(key)
                if self.containers[key]:
                    self.lists.append(path[:count])
        if is_attribute(path[0]):
            self.taken.add(str(path[0]))
        if isinstance(member.layer, TensorMember) and len(path) > 1:
            self.of_tensors.add(path_key(path[:-1]))

    def _is_list(self, prefix: Path_) -> bool:
        pattern = re.compile(r"\.".join(map(part_pattern, prefix)) + r"\.([^.]+)(\..*)?$")
        groups: dict[tuple[int, str], list[str]] = {}
        for at, keys in enumerate(self.keys):
            for key in keys:
                found = pattern.match(".".join(key))
                if found:
                    children = groups.setdefault((at, ".".join(key[: len(prefix)])), [])
                    if found[1] not in children:
                        children.append(found[1])
        return bool(groups) and all(children == [str(n) for n in range(len(children))] for children in groups.values())

    def share(self, member: Member, call: CallCode) -> tuple[str, bool]:
        """The attribute of the module that stands for an unlabelled activation, and whether it is new."""
        base = snake_words(str(call.func.name).rsplit(".", 1)[-1]) if isinstance(call.func, Path) else "act"
        wanted = text(call)
        known = self.calls.get(wanted)
        if known is None:
            if ("inplace", Lit(True)) in call.kwargs and (base in self.taken):
                base += "_inplace"
            known, count = base, 1
            while known in self.taken or known in MODULE_ATTRIBUTES:
                count += 1
                known = f"{base}_{count}"
            self.taken.add(known)
            self.calls[wanted] = known
            new = True
        else:
            new = False
        self.shared[id(member)] = known
        names = self.shared_by_origin.setdefault(id(member.origin), [])
        if known not in names:
            names.append(known)
        return known, new

    # --- access --------------------------------------------------------------------------------------------------

    def access(self, member: Member, resolve: Callable[[Code], Code] = lambda code: code) -> Code:
        """The member as forward reaches it. `resolve`: how forward sees what the constructor computes an index from."""
        if id(member) in self.shared:
            return Attr(SELF, self.shared[id(member)])
        if id(member) not in self.paths:
            raise KeyError(member.path)
        return self.reach(self.paths[id(member)], resolve)

    def reach(self, path: Path_, resolve: Callable[[Code], Code] = lambda code: code) -> Code:
        first = path[0]
        out: Code = Attr(SELF, str(first)) if is_attribute(first) else CallCode(Path("getattr"), (SELF, part_code(first)))
        for count in range(1, len(path)):
            part = path[count]
            if self.containers[path_key(path[:count])]:
                index = Lit(int(part)) if isinstance(part, str) else part.pieces[0] if isinstance(part, FString) else part
                assert isinstance(index, Code)
                out = Item(out, (resolve(index),))
            else:
                out = Item(out, (part_code(part),))
        return out

    def weight(self, path: tuple[str, ...]) -> Code:
        """A parameter, buffer or module by its dotted path: `self.wte.weight`, `self.head[2].bias`."""
        out: Code = SELF
        for count, part in enumerate(path):
            kind = self.containers.get(path_key(path[:count])) if count else None
            if kind is None:
                out = Item(out, (Lit(int(part)),)) if part.isdigit() else Attr(out, part)
            else:
                out = Item(out, (Lit(int(part)) if kind else Lit(part),))
        return out

    def settle(self) -> None:
        """Unlabelled layers make way for containers of the same name."""
        for member, path in [(member, self.paths[key]) for key, member in self.members.items()]:
            if path_key(path) in self.containers:
                if member.labelled:
                    raise CannotEmit(f"{'.'.join(path_key(path))} is a layer and has layers inside")
                name = f"{path[0]}_"
                while name in self.taken:
                    name += "_"
                self.taken.add(name)
                self.paths[id(member)] = (name, *path[1:])
                self.renamed_by_origin[id(member.origin)] = name

    def assign(self, path: Path_, value: Code, span: Span | None) -> Stmt:
        """The statement that gives a member (or container) its place."""
        last = path[-1]
        if len(path) == 1:
            if is_attribute(last):
                return Let(f"self.{last}", value, span)
            return Do(CallCode(Path("self.add_module"), (part_code(last), value)), span)
        container = self.reach(path[:-1])
        if self.containers[path_key(path[:-1])]:
            return Do(CallCode(Attr(container, "append"), (value,)), span)
        return Put(container, part_code(last), value, span)

    def new_container(self, path: Path_) -> Stmt:
        key = path_key(path)
        kind = f"nn.{'Parameter' if key in self.of_tensors else 'Module'}{'List' if self.containers[key] else 'Dict'}"
        return self.assign(path, CallCode(Path(kind)), None)


def shareable(member: Member) -> bool:
    """An activation that the source did not name: equal ones are one module."""
    return not member.labelled and isinstance(member.layer, OpLayer) and weightless(member)


def snake_words(name: str) -> str:
    """`ReLU` -> `relu`, `MaxPool2d` -> `max_pool`, `LogSoftmax` -> `log_softmax`."""
    name = re.sub(r"[123]d$", "", name)
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    if re.fullmatch(r"(re|p_re|leaky_re|rre|r_re|e|se|ce|ge|si|g|cel|sel|gel)_?lu\d?", words):
        words = words.replace("_", "") if not words.startswith("leaky") else "leaky_relu"
    return words or snake(name)


def vars_of(path: Path_) -> set[str]:
    return {name for part in path if isinstance(part, Code) for name in free_vars(part)}
