"""Autoencoders and adversarial pairs: which way each half goes, what stands between them, and what is neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.draw.compose import CannotDraw, Wanted
from specc.draw.picture import Panel
from tests.golden import Golden
from tests.specc.draw.drawings import picture
from tests.specc.draw.views.placed import crossings, overlaps, placeless, spills

CASES = Path("tests/cases/draw")
MODELS = [
    ("vae", None, None), ("autoencoder", "Autoencoder", None), ("autoencoder", "Autoencoder", "deep"),
    ("autoencoder", "LinearAutoencoder", None), ("gan", "GAN", None), ("gan", "ConditionalGAN", None),
]  # fmt: skip
CONVOLUTIONAL = """
model Squeeze {
    input image: float[N, 1, 28, 28]
    layer encoder: (Conv2d(4, 3, stride=4) -> ReLU)
    layer decoder: (ConvTranspose2d(1, 4, stride=4))
    output image2 = image -> encoder -> decoder
}
"""


def panel(spec: str, model: str | None = None, variant: str | None = None, view: str = "trapezia") -> Panel:
    return picture(spec, Wanted(view), model, variant).panels[0]


def told(found: Panel) -> list[tuple[str, str, str]]:
    return [(box.shape, box.title, box.subtitle) for box in found.boxes]


def test_the_variational_autoencoder() -> None:
    found = panel("vae")
    assert told(found) == [
        ("io", "image", "1 × 28 × 28"),
        ("narrows", "encoder", "784 → 400"),
        ("box", "mu", "20 · output"),
        ("box", "log_var", "20 · output"),
        ("box", "mu + exp(0.5 × log_var) × ε", ""),
        ("state", "ε ~ N(0, 1)", ""),
        ("widens", "decoder", "20 → 400 → 784"),
        ("io", "reconstruction", "1 × 28 × 28"),
    ]
    assert [(w.source.partition(".")[0], w.dashed) for w in found.wires if w.dashed] == [("noise", True)]


def test_an_autoencoder_narrows_and_widens() -> None:
    assert told(panel("autoencoder", "Autoencoder", "deep"))[1:4] == [
        ("narrows", "encoder", "784 → 512 → 256 → 128 → 32"),
        ("io", "code", "32"),
        ("widens", "decoder", "32 → 128 → 256 → 512 → 784"),
    ]


def test_an_adversarial_pair_widens_and_narrows() -> None:
    found = panel("gan", "ConditionalGAN")
    halves = [(shape, title) for shape, title, _ in told(found) if shape in ("widens", "narrows")]
    assert halves == [("widens", "Generator"), ("narrows", "Discriminator")]
    assert [title for _, title, _ in told(found)].count("Embedding 10") == 2
    assert [title for _, title, _ in told(found)].count("class") == 1


def test_convolutions_narrow_too() -> None:
    assert [shape for shape, _, _ in told(panel(CONVOLUTIONAL))] == ["io", "narrows", "io", "widens", "io"]


def test_other_entries_stand_below() -> None:
    assert [p.name for p in picture("vae", Wanted()).panels[1:]] == ["sample"]


@pytest.mark.parametrize(("spec", "model", "variant"), MODELS)
def test_geometry(spec: str, model: str | None, variant: str | None) -> None:
    found = panel(spec, model, variant)
    assert found == panel(spec, model, variant, "auto")
    assert overlaps(found) == []
    assert spills(found) == []
    assert crossings(found) == []


def test_dot(golden: Golden) -> None:
    golden(CASES / "vae.trapezia.dot", placeless(picture("vae", Wanted())))


def test_what_neither_narrows_nor_widens_is_not_drawn_so() -> None:
    for spec in ("iris", "mlp", "lenet5", "resnet", "gpt2", "ddpm"):
        assert panel(spec, view="auto").name != "trapezia"
        with pytest.raises(CannotDraw, match="has no halves of which one narrows and the other widens"):
            panel(spec)
