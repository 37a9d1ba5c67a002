"""Autoencoders: what they count, what they learn, and what the linear one is known to find."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.reference.compare import assert_same_keys, build, count, difference, fit, share_weights
from tests.reference.data import digits, iris
from tests.reference.proofs import proves


def flat_digits() -> tuple[Tensor, Tensor]:
    """Digits to learn from and digits held out, [N, 64] each."""
    data = digits()
    return data.inputs.flatten(1), data.held_inputs.flatten(1)


def error(module: nn.Module, x: Tensor, wanted: Tensor) -> float:
    """Mean squared error of the reconstruction, in eval mode."""
    module.eval()
    with torch.no_grad():
        found = module(x)
    return functional.mse_loss(found if isinstance(found, Tensor) else found[0], wanted).item()


def principal(x: Tensor, components: int) -> tuple[Tensor, Tensor]:
    """The mean and the first principal directions, [components, features]."""
    mean = x.mean(dim=0)
    return mean, torch.linalg.svd(x - mean, full_matrices=False).Vh[:components]


@pytest.mark.parametrize(
    ("variant", "parameters"),
    [
        ("six_two_six", 32),  # 6 x 2 + 2 + 2 x 6 + 6
        ("digits_2d", 2 * 64 * 32 + 32 + 64 + 2 * 32 * 2 + 2 + 32),
        ("digits_5d", 2 * 64 * 32 + 32 + 64 + 2 * 32 * 5 + 5 + 32),
        ("deep", 2 * (784 * 512 + 512 * 256 + 256 * 128 + 128 * 32) + 784 + 2 * (512 + 256 + 128) + 32),
    ],
)
@proves("autoencoders/autoencoder Autoencoder", kind="count")
def test_counts(variant: str, parameters: int) -> None:
    assert count(build("autoencoders/autoencoder", "Autoencoder", variant, device="meta")) == parameters


def test_six_two_six_learns() -> None:
    """Six patterns with a single one each go through two numbers and come back (Rumelhart et al., 1986)."""
    module = build("autoencoders/autoencoder", "Autoencoder", "six_two_six")
    patterns = torch.eye(6)
    fit(module, functional.cross_entropy, patterns, torch.arange(6), steps=1000, rate=0.05)
    with torch.no_grad():
        assert (module(patterns).argmax(dim=-1) == torch.arange(6)).all()


@pytest.mark.parametrize(("variant", "size"), [("digits_2d", 2), ("digits_5d", 5)])
@proves("autoencoders/autoencoder Autoencoder", kind="learns", reference="scikit-learn's digits, with less error than PCA")
def test_digits_beat_their_principal_components(variant: str, size: int) -> None:
    """Hinton and Salakhutdinov, 2006: with nonlinearities a code of the same size keeps more, also of digits never seen."""
    learn, held = flat_digits()
    module = build("autoencoders/autoencoder", "Autoencoder", variant)
    fit(module, functional.mse_loss, learn, learn, steps=1500, rate=5e-3, batch=128)
    mean, directions = principal(learn, size)
    linear = functional.mse_loss((held - mean) @ directions.T @ directions + mean, held).item()
    assert error(module, held, held) < 0.95 * linear


def test_encoder_is_kept_as_feature_extractor() -> None:
    """`forward` is `encode`, then `decode`; the code is what `encode` gives, of 5 numbers."""
    module = build("autoencoders/autoencoder", "Autoencoder", "digits_5d")
    _, held = flat_digits()
    with torch.no_grad():
        code = module.encode(held)  # type: ignore[operator]
        assert code.shape == (len(held), 5)
        assert difference(module.get_submodule("encoder")(held), code) == 0.0
        assert difference(module.decode(code), module(held)) == 0.0  # type: ignore[operator]


@proves("autoencoders/autoencoder LinearAutoencoder", kind="learns", reference="the plane of PCA, to 1e-3")
def test_linear_autoencoder_spans_the_principal_plane(double: None) -> None:
    """Baldi and Hornik, 1989: the best linear code spans the first principal directions, though in no order of its own."""
    x = iris().inputs.double()
    x = x - x.mean(dim=0)
    module = build("autoencoders/autoencoder", "LinearAutoencoder", features=4, code=2)
    optimiser = torch.optim.LBFGS(module.parameters(), max_iter=500, tolerance_grad=1e-12, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimiser.zero_grad()
        loss = functional.mse_loss(module(x), x)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    _, directions = principal(x, 2)
    spanned = torch.linalg.qr(module.get_parameter("decoder.weight")).Q.T
    cosines = torch.linalg.svdvals(spanned @ directions.T)
    assert (cosines > 1 - 1e-6).all()
    projected = x @ directions.T @ directions
    assert difference(module(x), projected) < 1e-3


@proves("autoencoders/autoencoder DenoisingAutoencoder", kind="learns", reference="digits under noise, with 0.3 of its error")
def test_denoising() -> None:
    """It sees noise in training only, and gives back less of it than it was given."""
    learn, held = flat_digits()
    module = build("autoencoders/autoencoder", "DenoisingAutoencoder")
    assert count(module) == 64 * 128 + 128 + 128 * 64 + 64
    with torch.no_grad():
        assert difference(module(held), module(held)) > 0.0
        module.eval()
        assert difference(module(held), module(held)) == 0.0
        assert (
            difference(module(held), module.get_submodule("decoder")(torch.relu(module.get_submodule("encoder")(held)))) == 0.0
        )
    fit(module, functional.mse_loss, learn, learn, steps=600, rate=2e-3, batch=128)
    spoilt = held + 0.3 * torch.randn_like(held)
    assert error(module, spoilt, held) < 0.3 * functional.mse_loss(spoilt, held).item()


@proves("autoencoders/autoencoder SparseAutoencoder", kind="learns", reference="digits with a code that is mostly silent")
def test_sparse() -> None:
    """Charged for its code, it reconstructs with most of the code silent."""

    def charged(output: tuple[Tensor, Tensor], wanted: Tensor) -> Tensor:
        reconstruction, code = output
        return functional.mse_loss(reconstruction, wanted) + 0.15 * code.mean()

    learn, held = flat_digits()
    silent, errors = [], []
    for loss in (charged, lambda output, wanted: functional.mse_loss(output[0], wanted)):
        torch.manual_seed(0)
        module = build("autoencoders/autoencoder", "SparseAutoencoder")
        fit(module, loss, learn, learn, steps=800, rate=3e-3, batch=128)
        with torch.no_grad():
            silent.append((module(held).code < 1e-3).double().mean().item())
        errors.append(error(module, held, held))
    assert silent[0] > 0.7 > silent[1] + 0.1, silent
    assert errors[0] < 0.01, errors


class WrittenOutVAE(nn.Module):
    """Kingma and Welling's model as one writes it by hand."""

    def __init__(self, latent: int, hidden: int, size: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(size * size, hidden), nn.ReLU())
        self.mu = nn.Linear(hidden, latent)
        self.log_var = nn.Linear(hidden, latent)
        self.decoder = nn.Sequential(
            nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, size * size), nn.Sigmoid(), nn.Unflatten(1, (1, size, size))
        )

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = self.encoder(image)
        m, v = self.mu(h), self.log_var(h)
        return self.decoder(m + torch.exp(0.5 * v) * torch.randn_like(m)), m, v


@proves("autoencoders/vae VAE", kind="equal", reference="a module written out", figure="0.0")
def test_vae_is_the_one_written_out() -> None:
    ours, theirs = build("autoencoders/vae", "VAE"), WrittenOutVAE(20, 400, 28)
    assert_same_keys(ours, theirs)
    share_weights(ours, theirs)
    image = torch.rand(5, 1, 28, 28)
    torch.manual_seed(7)
    found = ours(image)
    torch.manual_seed(7)
    assert difference(tuple(found), theirs(image)) == 0.0
    assert found._fields == ("reconstruction", "m", "v")
    assert difference(tuple(ours.encode(image)), tuple(found[1:])) == 0.0  # type: ignore[operator]
    torch.manual_seed(7)
    drawn = ours.sample(3)  # type: ignore[operator]
    torch.manual_seed(7)
    assert difference(drawn, ours.decode(torch.randn(3, 20))) == 0.0  # type: ignore[operator]


def test_reparameterised() -> None:
    """Gradients reach the cloud's width through the draw."""
    ours = build("autoencoders/vae", "VAE", size=8, hidden=32, latent=2)
    ours(torch.rand(5, 1, 8, 8)).reconstruction.sum().backward()
    gradient = ours.get_parameter("log_var.weight").grad
    assert gradient is not None
    assert gradient.abs().sum() > 0


@proves("autoencoders/vae VAE", kind="learns", reference="digits, and to draw such")
def test_vae_learns() -> None:
    """The evidence bound of digits never seen rises, and what it draws lies nearer to digits than noise does."""

    def bound(output: tuple[Tensor, Tensor, Tensor], wanted: Tensor) -> Tensor:
        found, m, v = output
        divergence = -0.5 * (1 + v - m**2 - v.exp()).sum() / len(wanted)
        return functional.binary_cross_entropy(found, wanted, reduction="sum") / len(wanted) + divergence

    data = digits()
    ours = build("autoencoders/vae", "VAE", size=8, hidden=128, latent=5)
    with torch.no_grad():
        before = bound(ours(data.held_inputs), data.held_inputs).item()
    fit(ours, bound, data.inputs, data.inputs, steps=800, rate=3e-3, batch=128)
    with torch.no_grad():
        after = bound(ours(data.held_inputs), data.held_inputs).item()
        drawn = ours.sample(50).flatten(1)  # type: ignore[operator]
        near = torch.cdist(drawn, data.inputs.flatten(1)).min(dim=1).values.mean()
        far = torch.cdist(torch.rand(50, 64), data.inputs.flatten(1)).min(dim=1).values.mean()
    assert after < 0.65 * before
    assert near < 0.6 * far
