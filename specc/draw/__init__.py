"""Pictures of checked programs: `compose` makes a picture of plain data from the graph, `render` writes it.

The room has the name of what it does, and so has the function that users call: the module is callable, and
`specc.draw("resnet.nn")` is specc.api.draw whichever of the two was imported first.
"""

from __future__ import annotations

import sys
from types import ModuleType


class _Room(ModuleType):
    def __call__(self, *args: object, **options: object) -> object:
        return sys.modules["specc"].api_draw(*args, **options)


sys.modules[__name__].__class__ = _Room
