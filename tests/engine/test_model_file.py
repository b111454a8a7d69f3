"""Model files: what is written is read back, and what is not to be believed is refused by name."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import is_one_sentence
from make_tiny_model import tiny_field, tiny_header
from patina.engine.errors import InvalidModelError
from patina.engine.models import model_file
from patina.engine.models.model_file import ModelWriteError, load_model, save_model
from patina.engine.models.model_header import read_header
from safetensors.torch import load_file, save_file

METADATA = {"patina": json.loads(tiny_header().to_metadata()["patina"])}


def split(path: Path) -> tuple[dict[str, Any], bytes]:
    """The JSON header and the tensors' bytes of a file."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def joined(header: object, data: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def with_description(path: Path, **changes: object) -> bytes:
    """The tiny model with other fields in its description; a field that is None is left out."""
    header, data = split(path)
    description = json.loads(header["__metadata__"]["patina"]) | changes
    kept = {name: value for name, value in description.items() if value is not None}
    header["__metadata__"]["patina"] = json.dumps(kept)
    return joined(header, data)


def refusal(content: bytes, folder: Path) -> str:
    """The sentence with which a file of these bytes is refused."""
    path = folder / "odd.safetensors"
    path.write_bytes(content)
    with pytest.raises(InvalidModelError) as caught:
        load_model(path)
    assert is_one_sentence(str(caught.value))
    assert list(folder.iterdir()) == [path] and path.read_bytes() == content
    return str(caught.value)


def refusal_of_tensors(tensors: dict[str, torch.Tensor], folder: Path) -> str:
    path = folder / "made.safetensors"
    save_file(tensors, path, metadata=tiny_header().to_metadata())
    content = path.read_bytes()
    path.unlink()
    return refusal(content, folder)


def test_a_model_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    field, header = tiny_field(), tiny_header(credit="Zoë", licence="CC0-1.0", start=(0.5, -1.0))
    save_model(field, header, tmp_path / "tiny.safetensors")
    model = load_model(tmp_path / "tiny.safetensors")
    for name in (
        "title",
        "start",
        "network",
        "duration",
        "warm_up",
        "grid",
        "appearance",
        "credit",
        "licence",
        "training",
    ):
        assert getattr(model.header, name) == getattr(header, name)
    assert model.header.estimated == tuple(header.estimated) and model.header.name == "tiny"
    ours = model.field.state_dict()
    assert all(torch.equal(ours[name], value) for name, value in field.state_dict().items())
    assert not any(parameter.requires_grad for parameter in model.field.parameters())
    assert (model.grid.warm_up_steps, model.grid.steps) == (4, 8)


def test_the_same_model_has_the_same_bytes_and_hash(tmp_path: Path, tiny_path: Path) -> None:
    save_model(tiny_field(), tiny_header(), tmp_path / "a.safetensors")
    save_model(tiny_field(), tiny_header(), tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    assert read_header(tmp_path / "a.safetensors").sha256 == read_header(tmp_path / "b.safetensors").sha256


def test_the_hash_is_of_the_whole_file(tmp_path: Path, tiny_path: Path) -> None:
    content = bytearray(tiny_path.read_bytes())
    content[-1] ^= 1
    (tmp_path / "tiny.safetensors").write_bytes(content)
    assert read_header(tmp_path / "tiny.safetensors").sha256 != read_header(tiny_path).sha256


@pytest.mark.parametrize(
    "content",
    [b"", b"1234", b"Dear artist,\nthis is a letter and no model at all.\n", b"\x89PNG\r\n\x1a\n" + bytes(100)],
    ids=["empty", "four bytes", "letter", "picture"],
)
def test_what_is_no_model_is_refused(content: bytes, tmp_path: Path) -> None:
    assert "odd.safetensors" in refusal(content, tmp_path)


@pytest.mark.parametrize("path", ["nowhere.safetensors", "."])
def test_a_path_without_a_file_is_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidModelError, match="cannot be read") as caught:
        load_model(tmp_path / path)
    assert is_one_sentence(str(caught.value))


@pytest.mark.parametrize("length", [-1, -4000, 500, 9])
def test_a_file_that_is_cut_short_is_refused(length: int, tmp_path: Path, tiny_path: Path) -> None:
    assert "odd.safetensors" in refusal(tiny_path.read_bytes()[:length], tmp_path)


def test_bytes_behind_the_last_tensor_are_refused(tmp_path: Path, tiny_path: Path) -> None:
    assert "belong to nothing" in refusal(tiny_path.read_bytes() + b"extra", tmp_path)


@pytest.mark.parametrize("length", [2**63, 2**40, (1 << 20) + 1])
def test_a_header_that_claims_to_be_huge_is_refused_unread(length: int, tmp_path: Path) -> None:
    content = struct.pack("<Q", length) + b"{}" * (1 << 20)
    assert "not a model file" in refusal(content, tmp_path)


def test_a_file_larger_than_any_model_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "vast.safetensors").open("wb") as file:
        file.truncate(3 << 30)  # sparse
    with pytest.raises(InvalidModelError, match="larger than any model"):
        load_model(tmp_path / "vast.safetensors")


@pytest.mark.parametrize(
    "header",
    [b"{", b"[]", b"3", b"null", b"[" * 100_000, b"\xff\xfe\xfa", b'{"a": NaN}', b"9" * 5000],
    ids=["open", "list", "number", "null", "deep", "no text", "NaN", "long number"],
)
def test_a_header_that_is_no_object_is_refused(header: bytes, tmp_path: Path) -> None:
    assert "odd.safetensors" in refusal(joined(header, b""), tmp_path)


def test_a_key_that_stands_twice_is_refused(tmp_path: Path, tiny_path: Path) -> None:
    header, data = split(tiny_path)
    name = next(key for key in header if key != "__metadata__")
    twice = json.dumps(header)[:-1] + f', "{name}": {json.dumps(header[name])}}}'
    assert "twice" in refusal(joined(twice.encode(), data), tmp_path)


def test_a_key_that_stands_twice_in_the_description_is_refused(tmp_path: Path, tiny_path: Path) -> None:
    header, data = split(tiny_path)
    header["__metadata__"]["patina"] = header["__metadata__"]["patina"][:-1] + ', "duration": 2.0}'
    assert "twice" in refusal(joined(header, data), tmp_path)


def _overlap(header: dict[str, Any]) -> None:
    one, other = [value for key, value in header.items() if key != "__metadata__"][:2]
    other["data_offsets"], other["shape"] = one["data_offsets"], one["shape"]


def _entry(**changes: object) -> Callable[[dict[str, Any]], None]:
    return lambda header: header["velocity.bias"].update(changes)


@pytest.mark.parametrize(
    ("change", "culprit"),
    [
        (_overlap, "overlap"),
        (_entry(dtype="F16"), "velocity.bias"),
        (_entry(dtype=None), "velocity.bias"),
        (_entry(shape=[7]), "velocity.bias"),
        (_entry(shape=[-6]), "velocity.bias"),
        (_entry(shape="6"), "velocity.bias"),
        (_entry(shape=[6.0]), "velocity.bias"),
        (_entry(shape=[True] * 2), "velocity.bias"),
        (_entry(data_offsets=[0]), "velocity.bias"),
        (_entry(data_offsets=[2**70, 2**70 + 24]), "velocity.bias"),
        (_entry(data_offsets=None), "velocity.bias"),
        (lambda header: header.update({"velocity.bias": []}), "velocity.bias"),
        (lambda header: header.pop("velocity.bias"), "gaps"),
        (lambda header: header.pop("__metadata__"), "describe itself"),
        (lambda header: header.update(__metadata__=[]), "describe itself"),
        (lambda header: header["__metadata__"].update(patina=7), "describe itself"),
        (lambda header: header["__metadata__"].update(patina="{"), "description"),
        (lambda header: header["__metadata__"].update(patina="[]"), "format version"),
        (lambda header: header["__metadata__"].update(patina="[" * 50_000), "description"),
    ],
)
def test_a_header_that_lies_about_its_tensors_is_refused(
    change: Callable[[dict[str, Any]], None], culprit: str, tmp_path: Path, tiny_path: Path
) -> None:
    header, data = split(tiny_path)
    change(header)
    assert culprit in refusal(joined(header, data), tmp_path)


@pytest.mark.parametrize("version", [0, 2, "1", 10**30, [1]], ids=str)
def test_an_unknown_format_version_is_refused_with_the_one_that_is_read(
    version: object, tmp_path: Path, tiny_path: Path
) -> None:
    sentence = refusal(with_description(tiny_path, format=version), tmp_path)
    assert "format version" in sentence and "reads version 1" in sentence


NETWORK = METADATA["patina"]["network"]
GRID = METADATA["patina"]["grid"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 101),
        ("title", 5),
        ("title", None),
        ("network", []),
        ("network", NETWORK | {"channels": 6.0}),
        ("network", NETWORK | {"channels": True}),
        ("network", NETWORK | {"width": 10**9}),
        ("network", NETWORK | {"multipliers": []}),
        ("network", NETWORK | {"multipliers": [1] * 9}),
        ("network", NETWORK | {"attention": 1}),
        ("network", NETWORK | {"depth": 3}),
        ("duration", 0),
        ("duration", -1.0),
        ("duration", True),
        ("duration", "long"),
        ("duration", 1e9),
        ("warm_up", None),
        ("grid", GRID | {"steps": 0}),
        ("grid", GRID | {"steps": 10**7}),
        ("grid", GRID | {"method": "dopri5"}),
        ("grid", {"steps": 3}),
        ("appearance", {"form": "cel shading"}),
        ("appearance", {}),
        ("estimated", "normal"),
        ("estimated", [1]),
        ("estimated", ["gloss"]),
        ("credit", 3),
        ("licence", ["CC0"]),
        ("training", "by hand"),
        ("start", "grey"),
        ("start", [True]),
        ("start", [1e9]),
        ("start", [None]),
        ("start", [0.0] * 7),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_field_that_is_not_what_it_has_to_be_is_refused_by_name(
    field: str, value: object, tmp_path: Path, tiny_path: Path
) -> None:
    assert repr(field) in refusal(with_description(tiny_path, **{field: value}), tmp_path)


@pytest.mark.parametrize("network", [{"width": 132}, {"width": 6}, {"multipliers": [2, 4]}], ids=str)
def test_sizes_that_no_network_has_are_refused(network: dict[str, object], tmp_path: Path, tiny_path: Path) -> None:
    content = with_description(tiny_path, network=NETWORK | network)
    assert "network" in refusal(content, tmp_path) or "channels" in refusal(content, tmp_path)


def test_a_missing_tensor_is_named(tmp_path: Path, tiny_path: Path) -> None:
    tensors = load_file(tiny_path)
    del tensors["middle.0.time.weight"]
    assert "'middle.0.time.weight' is missing" in refusal_of_tensors(tensors, tmp_path)


def test_a_misshapen_tensor_is_named_with_both_shapes(tmp_path: Path, tiny_path: Path) -> None:
    tensors = load_file(tiny_path)
    tensors["velocity.weight"] = tensors["velocity.weight"].reshape(8, 6, 1, 1)
    sentence = refusal_of_tensors(tensors, tmp_path)
    assert "'velocity.weight'" in sentence and "(8, 6, 1, 1)" in sentence and "(6, 8, 1, 1)" in sentence


def test_an_unknown_tensor_is_named(tmp_path: Path, tiny_path: Path) -> None:
    assert "'extra'" in refusal_of_tensors(load_file(tiny_path) | {"extra": torch.zeros(3)}, tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_values_that_are_no_numbers_are_named(value: float, tmp_path: Path, tiny_path: Path) -> None:
    tensors = load_file(tiny_path)
    tensors["first.norm.bias"][3] = value
    assert "'first.norm.bias'" in refusal_of_tensors(tensors, tmp_path)


def test_a_network_too_large_for_its_tensors_costs_no_memory(tmp_path: Path, tiny_path: Path) -> None:
    huge = NETWORK | {"width": 1024, "multipliers": [1, 64, 64, 64, 64, 64, 64, 64]}
    assert "has shape" in refusal(with_description(tiny_path, network=huge), tmp_path)


def test_a_write_that_fails_leaves_the_old_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tiny.safetensors"
    save_model(tiny_field(), tiny_header(), path)
    before = path.read_bytes()

    def full_disk(tensors: object, target: Path, metadata: object) -> None:
        Path(target).write_bytes(b"half a mod")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model_file, "save_file", full_disk)
    with pytest.raises(ModelWriteError, match="No space left"):
        save_model(tiny_field(), tiny_header(title="Another"), path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_model_that_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    save_model(tiny_field(), tiny_header(), path)
    before = path.read_bytes()
    with pytest.raises(InvalidModelError, match="'title'"):
        save_model(tiny_field(), tiny_header(title="x" * 200), path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelWriteError) as caught:
        save_model(tiny_field(), tiny_header(), tmp_path / "file" / "tiny.safetensors")
    assert is_one_sentence(str(caught.value))
