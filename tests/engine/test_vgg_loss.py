"""VGG19's features against closed forms, and the file of its weights, without the real one."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from conftest import is_one_sentence
from patina.engine.errors import InvalidModelError, InvalidRequestError
from patina.engine.training.vgg_loss import VggLoss, sliced_distance
from patina.engine.training.vgg_weights import read_vgg_weights
from torch import Tensor

# The published architecture (Simonyan and Zisserman, table 1, E), by torchvision's numbers of layers.
LAYERS = {0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128), 10: (128, 256), 12: (256, 256), 14: (256, 256)}
LAYERS |= {16: (256, 256), 19: (256, 512), 21: (512, 512), 23: (512, 512), 25: (512, 512)}
LAYERS |= dict.fromkeys((28, 30, 32, 34), (512, 512))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_weights() -> dict[str, Tensor]:
    """Spread so that activations neither die out nor grow from layer to layer."""
    weights, chance = {}, generator(5)
    for layer, (channels, width) in LAYERS.items():
        spread = (2 / (9 * channels)) ** 0.5
        weights[f"features.{layer}.weight"] = torch.randn((width, channels, 3, 3), generator=chance) * spread
        weights[f"features.{layer}.bias"] = torch.randn(width, generator=chance) * 0.01
    return weights


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    return random_weights()


@pytest.fixture(scope="module")
def vgg(weights: dict[str, Tensor]) -> VggLoss:
    return VggLoss(tuple((weights[f"features.{n}.weight"], weights[f"features.{n}.bias"]) for n in LAYERS))


@pytest.fixture(scope="module")
def passing() -> VggLoss:
    """Every convolution hands on the first three channels as they are."""
    kernels = []
    for channels, width in LAYERS.values():
        weight = torch.zeros(width, channels, 3, 3)
        for channel in range(3):
            weight[channel, channel, 1, 1] = 1
        kernels.append((weight, torch.zeros(width)))
    return VggLoss(tuple(kernels))


def picture(seed: int, size: int = 32) -> Tensor:
    return torch.rand((1, 3, size, size), generator=generator(seed))


def test_the_levels_are_the_pixels_and_the_ends_of_five_blocks(vgg: VggLoss) -> None:
    shapes = [tuple(level.shape) for level in vgg.features(picture(1))]
    assert shapes == [(3, 1024), (64, 1024), (128, 256), (256, 64), (512, 16), (512, 4)]


def test_colour_is_normalised_as_imagenet_and_cut_at_zero(passing: VggLoss) -> None:
    colour = torch.tensor([0.8, 0.5, 0.3])
    expected = [(0.8 - 0.485) / 0.229, (0.5 - 0.456) / 0.224, 0]  # blue lies below the mean
    pixels, *blocks = passing.features(colour[:, None, None].expand(1, 3, 32, 32))
    assert torch.equal(pixels, colour[:, None].expand(3, 1024))
    for level in blocks:
        assert torch.allclose(level[:3], torch.tensor(expected)[:, None], atol=1e-6) and not level[3:].any()


def test_between_blocks_values_are_averaged_and_not_maximised(passing: VggLoss) -> None:
    board = (torch.arange(32)[:, None] + torch.arange(32)) % 2
    _, first, *later = passing.features((0.6 + 0.4 * board).expand(1, 3, 32, 32))
    low, high = (0.6 - 0.485) / 0.229, (1 - 0.485) / 0.229
    assert first[0].unique().tolist() == pytest.approx([low, high])
    for level in later:
        assert torch.allclose(level[0], torch.tensor((low + high) / 2))


def test_equal_pictures_have_no_distance(vgg: VggLoss) -> None:
    assert vgg(picture(1), [(picture(1), 1.0)], generator()).item() == pytest.approx(0, abs=1e-8)
    assert vgg(picture(1), [(picture(2), 1.0)], generator()).item() > 1e-3


def test_the_distance_does_not_ask_where_a_feature_lies() -> None:
    features = torch.randn((5, 40), generator=generator(1))
    shuffled = features[:, torch.randperm(40, generator=generator(2))]
    assert sliced_distance(features, [(shuffled, 1.0)], generator()).item() == pytest.approx(0, abs=1e-12)


def test_in_one_dimension_it_is_the_squared_difference_of_sorted_values() -> None:
    """(1 - 0)^2 and (3 - 1)^2, whatever the order and the sign of the direction."""
    ours, theirs = torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 3.0]])
    assert [sliced_distance(ours, [(theirs, 1.0)], generator(seed)).item() for seed in range(4)] == [2.5] * 4


def test_apart_by_one_vector_it_is_its_squared_length_over_the_channels() -> None:
    """The mean of (u . d)^2 over directions u is |d|^2 / C; 400 of them come near it."""
    features = torch.randn((400, 30), generator=generator(1))
    shift = torch.randn((400, 1), generator=generator(2))
    found = sliced_distance(features + shift, [(features, 1.0)], generator()).item()
    assert found == pytest.approx(shift.square().sum().item() / 400, rel=0.15)


def test_between_two_frames_each_gives_its_share() -> None:
    ours = torch.tensor([[0.0, 1.0, 0.0, 0.0]])
    target = [(torch.zeros(1, 8), 0.75), (torch.ones(1, 8), 0.25)]
    assert sliced_distance(ours, target, generator()).item() == pytest.approx(0, abs=1e-12)


def test_a_larger_exemplar_is_compared_by_its_quantiles(vgg: VggLoss) -> None:
    wide = torch.cat((picture(1), picture(1)), dim=3)
    near = vgg(picture(1), [(wide, 1.0)], generator()).item()
    assert near < 0.3 * vgg(picture(1), [(wide.square(), 1.0)], generator()).item()


def test_it_is_a_pure_function_of_its_generator(vgg: VggLoss) -> None:
    distances = [vgg(picture(1), [(picture(2), 1.0)], generator(seed)).item() for seed in (3, 3, 4)]
    assert distances[0] == distances[1] != distances[2]


def test_following_its_gradient_lessens_it(vgg: VggLoss) -> None:
    synthesis = picture(3, 16).requires_grad_()
    optimizer = torch.optim.Adam([synthesis], lr=0.05)
    target = [(picture(2, 16) * torch.tensor([0.9, 0.3, 0.1])[:, None, None], 1.0)]
    before = vgg(synthesis, target, generator()).item()
    for step in range(15):
        optimizer.zero_grad()
        vgg(synthesis, target, generator(step + 1)).backward()
        optimizer.step()
    assert vgg(synthesis, target, generator()).item() < 0.3 * before


def test_texture_sets_are_not_its_business(vgg: VggLoss) -> None:
    with pytest.raises(InvalidRequestError, match="three channels of colour and not 6") as caught:
        vgg(torch.zeros(1, 6, 16, 16), [(torch.zeros(1, 6, 16, 16), 1.0)], generator())
    assert is_one_sentence(str(caught.value))


def save(content: object, path: Path) -> str:
    """Write a file as torchvision's is written; returns the start of its SHA-256."""
    torch.save(content, path)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def test_the_weights_of_a_file_are_those_of_the_loss(weights: dict[str, Tensor], vgg: VggLoss, tmp_path: Path) -> None:
    path = tmp_path / "vgg.pth"
    digest = save({**weights, "classifier.0.weight": torch.zeros(3)}, path)
    loaded = VggLoss(read_vgg_weights(path, digest))
    assert loaded(picture(1), [(picture(2), 1.0)], generator()) == vgg(picture(1), [(picture(2), 1.0)], generator())


def test_a_file_of_the_right_name_is_known_by_its_content(weights: dict[str, Tensor], tmp_path: Path) -> None:
    path = tmp_path / "vgg19-dcbb9e9d.pth"
    digest = save(weights, path)
    with pytest.raises(InvalidModelError, match=f"damaged or another file: its SHA-256 is {digest}") as caught:
        read_vgg_weights(path)
    assert is_one_sentence(str(caught.value))


class Harmful:
    """Writes a file when a careless reader opens it."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.path,))


def _other(name: str, value: object) -> Callable[[dict[str, Tensor]], dict]:
    return lambda weights: {**weights, name: value}


@pytest.mark.parametrize(
    ("change", "culprit"),
    [
        (lambda weights: {k: v for k, v in weights.items() if k != "features.34.bias"}, "features.34.bias of vgg.pth"),
        (_other("features.0.weight", torch.zeros(64, 3, 5, 5)), r"is not a float32 tensor of shape \[64, 3, 3, 3\]"),
        (
            _other("features.2.bias", torch.zeros(64, dtype=torch.float64)),
            "features.2.bias of vgg.pth is not a float32",
        ),
        (
            _other("features.5.bias", torch.full((128,), torch.nan)),
            "features.5.bias of vgg.pth has values that are not",
        ),
        (_other("features.7.bias", [0.0] * 128), "features.7.bias of vgg.pth is not a float32 tensor"),
        (lambda weights: list(weights.values()), "vgg.pth holds no named tensors"),
    ],
    ids=["missing", "shape", "type", "nan", "list", "no names"],
)
def test_tensors_that_are_not_vgg19s_are_refused(
    change: Callable[[dict[str, Tensor]], object], culprit: str, weights: dict[str, Tensor], tmp_path: Path
) -> None:
    digest = save(change(weights), tmp_path / "vgg.pth")
    with pytest.raises(InvalidModelError, match=culprit) as caught:
        read_vgg_weights(tmp_path / "vgg.pth", digest)
    assert is_one_sentence(str(caught.value))


def test_nothing_in_the_file_is_executed(tmp_path: Path) -> None:
    path, trace = tmp_path / "vgg.pth", tmp_path / "trace"
    for content in (pickle.dumps(Harmful(trace), protocol=2), b"", b"no weights"):
        path.write_bytes(content)
        with pytest.raises(InvalidModelError, match=r"vgg.pth cannot be read") as caught:
            read_vgg_weights(path, digest="")
        assert is_one_sentence(str(caught.value))
    save(Harmful(trace), path)
    with pytest.raises(InvalidModelError, match=r"vgg.pth cannot be read"):
        read_vgg_weights(path, digest="")
    assert not trace.exists()


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidModelError, match=r"vgg.pth cannot be read \(No such file"):
        read_vgg_weights(tmp_path / "vgg.pth")
