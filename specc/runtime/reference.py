"""A published implementation that a user names, and how it is called: with the spec's inputs, for the spec's outputs."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module

from torch import Tensor, nn

from specc.runtime.differences import named
from specc.runtime.errors import CannotRun


def imported(target: str) -> object:
    """What `package.module:name` stands for. Importing runs the module: the name must come from the user. Raises CannotRun."""
    module, colon, path = target.partition(":")
    parts = path.split(".")
    if not colon or not all(part.isidentifier() for part in (*module.split("."), *parts)):
        raise CannotRun(f"{target!r} is not package.module:callable, as in torchvision.models:resnet50")
    try:
        found: object = import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name is None or not (module + ".").startswith(error.name + "."):
            raise CannotRun(f"{module} cannot be imported: it needs {error.name}, which is not installed") from None
        if error.name == package:
            raise CannotRun(f"there is no module {package}, here or where Python looks: pip install {package}?") from None
        raise CannotRun(f"there is no module {error.name} in {error.name.rpartition('.')[0]}") from None
    except Exception as error:  # noqa: BLE001  # it is the user's code, and may do anything
        raise CannotRun(f"{module} cannot be imported: {told(error)}") from None
    at = module
    for part in parts:
        try:
            found = getattr(found, part)
        except AttributeError:
            near = get_close_matches(part, dir(found), n=1)
            raise CannotRun(f"{at} has no {part}{f'; did you mean {near[0]}?' if near else ''}") from None
        except Exception as error:  # noqa: BLE001  # some packages import what is asked for only then
            raise CannotRun(f"{at}.{part} cannot be imported: {told(error)}") from None
        at = f"{at}.{part}"
    return found


def made(reference: object, name: str, kwargs: Mapping[str, object]) -> nn.Module:
    """The model that a reference gives: a copy where it is one, else what it makes of the keyword arguments. A class that is
    made from a configuration, as those of transformers are, gets one made of them. Raises CannotRun."""
    if isinstance(reference, nn.Module):
        if kwargs:
            raise CannotRun(f"{name} is a model already, and takes no arguments")
        return copy.deepcopy(reference)
    if not callable(reference):
        raise CannotRun(f"{name} is {_a(reference)}: wanted is something to call that gives a torch.nn.Module")
    configuration = getattr(reference, "config_class", None)
    try:
        if isinstance(reference, type) and isinstance(configuration, type) and "config" not in kwargs:
            model = reference(configuration(**kwargs))
        else:
            model = reference(**kwargs)
    except Exception as error:  # noqa: BLE001  # as above
        shown = ", ".join(f"{key}={value!r}" for key, value in kwargs.items())
        raise CannotRun(f"{name}({shown}) fails: {told(error)}") from None
    if not isinstance(model, nn.Module):
        raise CannotRun(f"{name} gives {_a(model)}: wanted is a torch.nn.Module")
    return model


def called(
    model: nn.Module, name: str, inputs: Mapping[str, Tensor | int], keywords: Mapping[str, str]
) -> list[tuple[str, Tensor]]:
    """The tensors that the reference gives, with their paths. Inputs that `keywords` (theirs by ours) names go by keyword, the
    others by position. Raises CannotRun."""
    by_position = [value for key, value in inputs.items() if key not in keywords]
    by_keyword = {theirs: inputs[ours] for ours, theirs in keywords.items() if ours in inputs}
    try:
        return list(named(model(*by_position, **by_keyword)))
    except Exception as error:  # noqa: BLE001  # as above
        raise CannotRun(
            f"{name} does not take {', '.join(inputs) or 'no inputs'}: {told(error)}\n"
            "inputs go by position, in the spec's order; --keyword OURS=THEIRS passes one by keyword"
        ) from None


def chosen(
    found: Sequence[tuple[str, Tensor]], wanted: Sequence[str], take: Sequence[str], name: str
) -> tuple[list[Tensor], list[str]]:
    """Of what the reference gives, the tensors that stand against the spec's outputs `wanted`, and the paths of the others.
    `take` names them; else those that have the outputs' names are taken; else the first. Raises CannotRun."""
    by_path = dict(found)
    paths = list(take or (wanted if all(output in by_path for output in wanted) else by_path))
    for path in paths:
        if path not in by_path:
            near = get_close_matches(path, by_path, n=1)
            raise CannotRun(
                f"{name} gives no {path}{f'; did you mean {near[0]}?' if near else ''}; it gives {_listed(by_path)}"
            )
    if len(paths) < len(wanted):
        raise CannotRun(f"the spec gives {_listed(wanted)}, {name} {_listed(paths)}: too few to compare")
    if take and len(paths) > len(wanted):
        raise CannotRun(f"--take names {_listed(paths)}, the spec gives {_listed(wanted)} alone")
    used = paths[: len(wanted)]
    return [by_path[path] for path in used], [path for path in by_path if path not in used]


def told(error: BaseException) -> str:
    """What another's code raised: the error in one line, and where."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first}{place}"


def _listed(paths: Sequence[str] | Mapping[str, object]) -> str:
    return ", ".join(path or "one tensor" for path in paths) or "no tensor"


def _a(value: object) -> str:
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"
