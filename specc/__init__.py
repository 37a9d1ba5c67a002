"""specc: a compiler for neural network architectures.

    import specc
    print(specc.check("resnet.nn").text())                  # every mistake, nothing of torch loaded
    source = specc.build("resnet.nn", variant="resnet50")   # a Python file, as text
    model = specc.load("resnet.nn").ResNet(classes=10)      # a torch.nn.Module
    specc.draw("resnet.nn").save("resnet.svg")              # a picture; in a notebook it shows itself
    print(specc.compare("resnet.nn", theirs))               # beside another implementation, with its weights

The names below load on first use: importing specc costs nothing.
"""

from __future__ import annotations

from specc.version import __version__

TYPE_CHECKING = False  # `typing.TYPE_CHECKING`, without the import
if TYPE_CHECKING:
    from specc.api import Drawn, Report, SpecError, build, check, compare, draw, entry, load

__all__ = ["Drawn", "Report", "SpecError", "__version__", "build", "check", "compare", "draw", "entry", "load"]


def __getattr__(name: str) -> object:
    if name in (*__all__, "api_draw"):  # `draw` may be the room of that name, which asks for the function
        from specc import api

        name = name.removeprefix("api_")

        return getattr(api, name)
    raise AttributeError(f"module 'specc' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
