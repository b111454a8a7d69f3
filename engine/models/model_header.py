"""What a model file says of itself, read and checked without torch.

A model is one .safetensors file: eight bytes that give the length of a JSON header, the header, then the tensors.
Patina's own description lies in the header's `__metadata__` under "patina", as JSON. Nothing in the file is executed.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InvalidModelError
from ..maps.map_names import MAPS

FORMAT = 1
FORMS = ("rgb", "principled", "diffuse_specular", "metallic_anisotropic", "metallic_isotropic")
_LARGEST_HEADER = 1 << 17  # bytes; a shipped model has 10 kB, and as objects of Python it takes many times as much
_LARGEST_FILE = 1 << 30
_REMEDY = "choose a model that Patina made"


@dataclass(frozen=True)
class ModelHeader:
    """A model's description of itself.

    title: for people. network: the arguments of `network.NetworkConfig`. duration, warm_up: lengths in ODE time.
    grid: the arguments of `solver.Grid` besides those two. appearance: which form turns the state into maps, and its
    rules. start: what the first channels hold before the warm-up; the others start from noise, all where it is empty.
    estimated: maps that were not learned but follow from the stated rule. training: how it was made.
    sha256: of the whole file.
    """

    name: str
    title: str
    network: dict[str, Any]
    duration: float
    warm_up: float
    grid: dict[str, Any]
    appearance: dict[str, Any]
    estimated: tuple[str, ...]
    credit: str
    licence: str
    training: dict[str, Any]
    sha256: str
    light: dict[str, float] = field(default_factory=dict)
    start: tuple[float, ...] = ()

    @property
    def extent_multiple(self) -> int:
        """Extents must be multiples of this many texels."""
        return 2 ** (len(self.network["multipliers"]) - 1)

    def to_metadata(self) -> dict[str, str]:
        """The safetensors metadata that `read_header` reads back."""
        description = {name: getattr(self, name) for name in _FIELDS} | {"format": FORMAT}
        return {"patina": json.dumps(description, ensure_ascii=True, sort_keys=True)}


# Field: (type, check, what it has to be).
_FIELDS: dict[str, tuple[Any, Any, str]] = {
    "title": (str, lambda v: 0 < len(v) <= 100, "a short text"),
    "network": (dict, lambda v: _is_network(v), "the sizes of a network"),
    "duration": ((int, float), lambda v: 0 < v <= 1000, "a length of time"),
    "warm_up": ((int, float), lambda v: 0 < v <= 1000, "a length of time"),
    "grid": (dict, lambda v: _is_grid(v), "the steps of a solver"),
    "appearance": (dict, lambda v: v.get("form") in FORMS, f"one of the forms {', '.join(FORMS)}"),
    "estimated": (list, lambda v: all(isinstance(name, str) and name in MAPS for name in v), "names of maps"),
    "credit": (str, lambda v: len(v) <= 2000, "a text"),
    "licence": (str, lambda v: len(v) <= 200, "a text"),
    "training": (dict, lambda v: True, "a record"),
    "light": (dict, lambda v: _is_light(v), "a light"),
    "start": (list, lambda v: len(v) <= 64 and all(_is_small(number) for number in v), "a list of values"),
}
_DEFAULTS: dict[str, Any] = {"light": {}, "start": []}  # what files of the first version do not have


def _is_whole(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _is_network(value: dict) -> bool:
    multipliers = value.get("multipliers")
    return (
        set(value) == {"channels", "width", "multipliers", "attention", "periodic"}
        and _is_whole(value["channels"], 1, 1024)
        and _is_whole(value["width"], 4, 1024)
        and type(value["attention"]) is bool
        and type(value["periodic"]) is bool
        and isinstance(multipliers, list)
        and 1 <= len(multipliers) <= 8
        and all(_is_whole(multiplier, 1, 64) for multiplier in multipliers)
    )


def _is_grid(value: dict) -> bool:
    return (
        set(value) == {"warm_up_steps", "steps", "method"}
        and _is_whole(value["warm_up_steps"], 1, 10_000)
        and _is_whole(value["steps"], 1, 10_000)
        and value["method"] in ("euler", "midpoint", "rk4")
    )


def _is_small(value: object) -> bool:
    return type(value) in (int, float) and -1e6 <= value <= 1e6  # type: ignore[operator]


def _is_light(value: dict) -> bool:
    return not value or (
        set(value) == {"intensity", "x", "y"}
        and all(_is_small(number) for number in value.values())
        and value["intensity"] > 0
    )


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Readers disagree on which of two equal keys counts, so a file could say one thing here and another there.
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _parse(text: bytes | str) -> Any:
    return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)


def read_header(path: Path) -> ModelHeader:
    """Read and check the header of the model at `path`, and that its tensors fill the file exactly.

    Raises InvalidModelError with what is wrong.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > _LARGEST_FILE:
            raise InvalidModelError(f"{path.name} is larger than any model ({size >> 20} MiB)", _REMEDY)
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\xff"))
            if length > min(_LARGEST_HEADER, size - 8):
                raise InvalidModelError(f"{path.name} is not a model file", _REMEDY)
            header = _parse(file.read(length))
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InvalidModelError(f"{path} cannot be read ({error.strerror})", "check the path of the model") from error
    except (ValueError, RecursionError) as error:
        raise InvalidModelError(f"{path.name} has a header that cannot be read ({error})", _REMEDY) from error
    _check_tensors(path.name, header, size - 8 - length)
    return _description(path, header, sha256)


def _check_tensors(name: str, header: Any, size: int) -> None:
    """Tensors are float32, named once, and cover the data without gap or overlap."""
    if not isinstance(header, dict):
        raise InvalidModelError(f"{name} is not a model file", _REMEDY)
    spans = []
    for key, entry in header.items():
        if key == "__metadata__":
            continue
        try:
            shape, (start, end) = entry["shape"], entry["data_offsets"]
            whole = all(_is_whole(number, 0, _LARGEST_FILE) for number in (*shape, start, end))
            honest = whole and entry["dtype"] == "F32" and len(shape) <= 4 and end - start == 4 * math.prod(shape)
        except (TypeError, KeyError, ValueError):
            honest = False
        if not honest:
            raise InvalidModelError(f"The tensor {key[:80]!r} of {name} is not described as float32 numbers", _REMEDY)
        spans.append((start, end))
    position = 0
    for start, end in sorted(spans):
        if start != position:
            raise InvalidModelError(f"The tensors of {name} overlap or leave gaps", _REMEDY)
        position = end
    if position != size:
        raise InvalidModelError(f"{name} is cut short or has bytes that belong to nothing", "copy the file again")


def _description(path: Path, header: dict, sha256: str) -> ModelHeader:
    metadata = header.get("__metadata__")
    text = metadata.get("patina") if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise InvalidModelError(f"{path.name} does not describe itself as a Patina model", _REMEDY)
    try:
        description = _parse(text)
    except (ValueError, RecursionError) as error:
        raise InvalidModelError(f"The description in {path.name} cannot be read ({error})", _REMEDY) from error
    if not isinstance(description, dict) or "format" not in description:
        raise InvalidModelError(f"The description in {path.name} has no format version", _REMEDY)
    if description["format"] != FORMAT:
        raise InvalidModelError(
            f"{path.name} has format version {str(description['format'])[:20]}, and this Patina reads version {FORMAT}",
            "update Patina, or choose another model",
        )
    for name, (kind, check, meaning) in _FIELDS.items():
        value = description.get(name, _DEFAULTS.get(name))
        if not isinstance(value, kind) or isinstance(value, bool) or not check(value):
            raise InvalidModelError(f"The field {name!r} in {path.name} is not {meaning}", _REMEDY)
    fields: dict[str, Any] = {name: description.get(name, _DEFAULTS.get(name)) for name in _FIELDS}
    if len(fields["start"]) > fields["network"]["channels"]:
        raise InvalidModelError(f"The field 'start' in {path.name} has more values than the network channels", _REMEDY)
    fields["estimated"], fields["start"] = tuple(fields["estimated"]), tuple(fields["start"])
    return ModelHeader(name=path.stem, sha256=sha256, **fields)
