"""What a model is compared with: a callable, or the name of one."""

from __future__ import annotations

import pytest

from specc.runtime.errors import CannotRun
from tests.specc.runtime.test_compare import Net, compared


def test_references_that_are_none() -> None:
    for reference, said in (
        (3, "int is an int: wanted is something to call that gives a torch.nn.Module"),
        (lambda: 3, "gives an int: wanted is a torch.nn.Module"),
        (lambda: 1 / 0, r"fails: ZeroDivisionError: division by zero \(.*test_references.py:"),
    ):
        with pytest.raises(CannotRun, match=said):
            compared(reference)
    with pytest.raises(CannotRun, match=r"Net\(widht=3\) fails: TypeError: .*unexpected keyword argument 'widht'"):
        compared(Net, kwargs={"widht": 3})
    with pytest.raises(CannotRun, match="is a model already, and takes no arguments"):
        compared(Net(), kwargs={"width": 3})


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("json", "'json' is not package.module:callable, as in torchvision.models:resnet50"),
        ("a b:c", "is not package.module:callable"),
        ("nosuchpackage.x:y", "there is no module nosuchpackage, here or where Python looks"),
        ("json.nosuch:y", "there is no module json.nosuch in json"),
        ("json:lodas", "json has no lodas; did you mean loads?"),
        ("json:decoder.nosuch", "json.decoder has no nosuch"),
        ("json:loads", r"json:loads\(\) fails: TypeError"),
        ("json:__name__", "json:__name__ is a str: wanted is something to call"),
    ],
)
def test_names_that_stand_for_no_model(target: str, said: str) -> None:
    with pytest.raises(CannotRun, match=said):
        compared(target)
