"""Weights of the public implementation become models; what is none of them is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import DATA, is_one_sentence
from patina.engine.errors import InvalidModelError
from patina.engine.models.equinox import import_equinox, read_equinox
from patina.engine.models.model_file import load_model
from patina.engine.models.network import NetworkConfig

RGB = DATA / "official" / "rgb_tiny.eqx"
SVBRDF = DATA / "official" / "svbrdf_tiny.eqx"
HEADS = 14  # the record of the first attention's number of heads

Records = list[np.ndarray]


def read(path: Path) -> Records:
    records = []
    with path.open("rb") as file:
        while file.tell() < path.stat().st_size:
            records.append(np.load(file))
    return records


def write(path: Path, records: Records) -> None:
    with path.open("wb") as file:
        for record in records:
            np.save(file, record)


def refusal(path: Path) -> str:
    """The sentence with which an import is refused, which leaves no model behind."""
    model = path.with_name("model.safetensors")
    with pytest.raises(InvalidModelError) as caught:
        import_equinox(path, model, "rgb", "diffuse_specular", None)
    assert is_one_sentence(str(caught.value))
    assert not model.exists()
    return str(caught.value)


@pytest.mark.parametrize(
    ("path", "config"),
    [(RGB, NetworkConfig(12, 8, (1, 2, 4), True, False)), (SVBRDF, NetworkConfig(18, 8, (1, 2), False, False))],
    ids=["rgb", "svbrdf"],
)
def test_the_networks_sizes_are_read_off_the_shapes(path: Path, config: NetworkConfig) -> None:
    assert read_equinox(path).config == config


@pytest.mark.parametrize(
    ("path", "kind", "duration", "estimated"),
    [(RGB, "rgb", 5.0, {"metallic", "roughness", "normal", "height"}), (SVBRDF, "svbrdf", 10.0, {"metallic"})],
)
def test_an_imported_model_has_the_same_velocities_and_the_papers_times(
    path: Path, kind: str, duration: float, estimated: set[str], tmp_path: Path
) -> None:
    import_equinox(path, tmp_path / "model.safetensors", kind, "diffuse_specular", None)
    model, field = load_model(tmp_path / "model.safetensors"), read_equinox(path)
    x = torch.randn((1, field.config.channels, 16, 16), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(model.field(x, -0.3), field(x, -0.3))
    assert (model.header.duration, model.header.warm_up) == (duration, 0.2 * duration)
    assert set(model.header.estimated) == estimated


@pytest.mark.parametrize(
    ("brdf", "observed"), [("diffuse_specular", 9), ("metallic_anisotropic", 7), ("metallic_isotropic", 6)]
)
def test_the_form_of_the_brdf_is_what_was_said(brdf: str, observed: int, tmp_path: Path) -> None:
    import_equinox(SVBRDF, tmp_path / "model.safetensors", "svbrdf", brdf, 2.5)
    model = load_model(tmp_path / "model.safetensors")
    assert model.header.appearance["form"] == brdf and model.appearance.observed == observed
    assert model.header.duration == 2.5


@pytest.mark.parametrize("duration", [0.0, -1.0, float("nan"), float("inf"), 1e9])
def test_a_duration_that_is_none_is_refused(duration: float, tmp_path: Path) -> None:
    with pytest.raises(InvalidModelError, match="duration"):
        import_equinox(RGB, tmp_path / "model.safetensors", "rgb", "diffuse_specular", duration)
    assert not list(tmp_path.iterdir())


def _replaced(number: int, record: np.ndarray) -> Callable[[Records], Records]:
    return lambda records: [*records[:number], record, *records[number + 1 :]]


def _changed(number: int, change: Callable[[np.ndarray], object]) -> Callable[[Records], Records]:
    def apply(records: Records) -> Records:
        change(records[number])
        return records

    return apply


@pytest.mark.parametrize(
    ("change", "culprit"),
    [
        (lambda records: records[:-1], "76 records where 77"),
        (lambda records: [*records, np.zeros(3, np.float32)], "78 records where 77"),
        (lambda records: records[:3], "too few convolutions"),
        (_replaced(4, np.zeros((8, 16), np.float32)), r"embedding.first.weight.*\(8, 16\), not float32\(16, 8\)"),
        (_replaced(4, np.zeros((16, 8), np.float64)), "embedding.first.weight.*float64"),
        (_replaced(4, np.zeros((16, 8), np.complex64)), "embedding.first.weight.*complex64"),
        (_changed(4, lambda record: record.__setitem__((0, 0), np.nan)), "embedding.first.weight.*no numbers"),
        (_replaced(HEADS, np.array(8)), "heads .* is not 4 heads"),
        (_replaced(HEADS, np.array("four")), "heads .* is not 4 heads"),
        (_replaced(HEADS, np.array([4])), "heads .* is not 4 heads"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_records_that_do_not_form_a_vector_field_are_refused_by_name(
    change: Callable[[Records], Records], culprit: str, tmp_path: Path
) -> None:
    write(tmp_path / "odd.eqx", change(read(RGB)))
    with pytest.raises(InvalidModelError, match=culprit):
        read_equinox(tmp_path / "odd.eqx")
    refusal(tmp_path / "odd.eqx")


def test_records_that_are_left_as_they_are_are_taken(tmp_path: Path) -> None:
    """Otherwise the refusals above would prove nothing."""
    write(tmp_path / "same.eqx", read(RGB))
    assert (tmp_path / "same.eqx").read_bytes() == RGB.read_bytes()
    assert read(RGB)[HEADS].shape == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"These are not the weights you are looking for.\n",
        RGB.read_bytes()[:50],
        RGB.read_bytes()[:100_000],
        RGB.read_bytes() + b"and a note",
        (DATA / "official" / "rgb_tiny.npz").read_bytes(),
        (DATA / "tiny.safetensors").read_bytes(),
        b"\x93NUMPY\x01\x00\x05\x00{'(\"\n",
        b"\x93NUMPY\x01\x00\x02\x00[[",
    ],
    ids=["empty", "text", "stub", "cut", "note", "npz", "safetensors", "header", "brackets"],
)
def test_a_file_that_is_no_sequence_of_records_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "odd.eqx").write_bytes(content)
    refusal(tmp_path / "odd.eqx")


def test_a_record_that_would_run_code_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "odd.eqx").open("wb") as file:
        np.save(file, np.array([{"a": 1}], object), allow_pickle=True)
    assert "NumPy records" in refusal(tmp_path / "odd.eqx")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "There is no file" in refusal(tmp_path / "odd.eqx")


def test_a_state_too_narrow_for_its_brdf_is_refused(tmp_path: Path) -> None:
    records = read(SVBRDF)
    records[0] = records[0][:, :6]
    records[-2], records[-1] = records[-2][:6], records[-1][:6]
    write(tmp_path / "narrow.eqx", records)
    with pytest.raises(InvalidModelError, match="6 channels and its form diffuse_specular needs 9"):
        import_equinox(tmp_path / "narrow.eqx", tmp_path / "model.safetensors", "svbrdf", "diffuse_specular", None)
    assert not (tmp_path / "model.safetensors").exists()
