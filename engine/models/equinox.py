"""Reads the weights of the public NDAE implementation (JAX).

Equinox's `tree_serialise_leaves` writes a bare sequence of .npy records, without names, in the module's own order.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from tokenize import TokenError
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor, nn

from ..appearance import DEFAULT_RULES, RGB_ESTIMATED, appearance_from_header
from ..errors import InvalidModelError
from ..lives.solver import default_grid
from .model_file import save_model
from .model_header import ModelHeader
from .network import HEADS, Block, LinearAttention, NetworkConfig, TimeEmbedding, VectorField

_REMEDY = "choose a file that the public implementation saved"
_LONGEST_HEADER = 1024  # bytes; a record of ours has 118
_LARGEST_NUMBER = 1024  # bytes
_HEADERS = {  # by the format's version: bytes of the description's length, and what reads the description
    (1, 0): (2, np.lib.format.read_array_header_1_0),
    (2, 0): (4, np.lib.format.read_array_header_2_0),
}


def _read_records(path: Path) -> list[np.ndarray]:
    records = []
    size = path.stat().st_size
    with path.open("rb") as file:
        while file.tell() < size:
            try:
                records.append(_read_record(file, size))
            except (ValueError, SyntaxError, TokenError, OSError, MemoryError, RecursionError) as error:
                reason = " ".join(str(error).split())[:120] or type(error).__name__
                raise InvalidModelError(f"{path.name} is no sequence of NumPy records ({reason})", _REMEDY) from error
    return records


def _read_record(file: BinaryIO, size: int) -> np.ndarray:
    """The next record of a file of `size` bytes. Raises ValueError before memory is given to what is not there."""
    start = file.tell()
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"format {version[0]}.{version[1]} is not read")
    width, read_description = _HEADERS[version]
    length = int.from_bytes(file.read(width), "little")
    if length > _LONGEST_HEADER:  # NumPy takes memory for it first, and it is an expression, which may be deep
        raise ValueError(f"the description of a record has {length} bytes")
    file.seek(-width, os.SEEK_CUR)
    shape, _, dtype = read_description(file)
    if dtype.hasobject or not 0 < dtype.itemsize <= _LARGEST_NUMBER:  # negative where NumPy's own size overflows
        raise ValueError("a record holds no numbers")
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize > size - file.tell():
        raise ValueError("a record is longer than the file")
    file.seek(start)
    return np.lib.format.read_array(file, allow_pickle=False)


def _config(records: list[np.ndarray]) -> NetworkConfig:
    """The network's sizes, read off the shapes: 1x1 first, then one pair of 3x3 convolutions a level."""
    convolutions = [record for record in records if record.ndim == 4]
    if len(convolutions) < 4:
        raise InvalidModelError("There are too few convolutions for a vector field", _REMEDY)
    width, channels = convolutions[0].shape[:2]
    spatial = [record.shape for record in convolutions if record.shape[2:] == (3, 3)]
    # Of n levels there are 2 (n - 1) + 1 + 2 (n - 1) such convolutions; the first of a pair going down keeps the width.
    levels, remainder = divmod(len(spatial) + 3, 4)
    widths = [shape[0] for shape in spatial[0 : 2 * levels : 2]][:levels]
    if remainder or width < 1 or any(size % width for size in widths):
        raise InvalidModelError("The convolutions do not form the levels of a U-Net", _REMEDY)
    attention = any(record.ndim == 0 for record in records)
    return NetworkConfig(
        int(channels), int(width), tuple(int(size // width) for size in widths), attention, periodic=False
    )


def _leaves(field: VectorField) -> Iterator[tuple[str, Tensor | None]]:
    """The parameters in the file's order; None where the file has the number of heads."""

    def pair(name: str, module: nn.Module) -> Iterator[tuple[str, Tensor | None]]:
        yield f"{name}.weight", module.get_parameter("weight")
        yield f"{name}.bias", module.get_parameter("bias")

    def walk(name: str, module: nn.Module) -> Iterator[tuple[str, Tensor | None]]:
        match module:
            case Block():
                yield from pair(f"{name}.convolution", module.convolution)
                if module.time is None:
                    yield from pair(f"{name}.norm", module.norm)
                else:
                    yield from pair(f"{name}.time", module.time)
            case LinearAttention():
                yield from pair(f"{name}.norm", module.norm)
                yield f"{name}.heads", None
                yield from pair(f"{name}.to_qkv", module.to_qkv)
                yield from pair(f"{name}.to_out", module.to_out)
            case TimeEmbedding():
                yield from pair(f"{name}.first", module.first)
                yield from pair(f"{name}.second", module.second)
            case nn.Conv2d():
                yield from pair(name, module)
            case _:
                for key, child in module.named_children():
                    yield from walk(f"{name}.{key}" if name else key, child)

    return walk("", field)


def read_equinox(path: Path) -> VectorField:
    """The vector field whose weights `path` holds.

    Width, channels, levels and attention are read off the shapes. Raises InvalidModelError where the records are not
    those of a vector field; the message names the first one that differs.
    """
    records = _read_records(path)
    field = VectorField(_config(records))
    leaves = list(_leaves(field))
    if len(leaves) != len(records):
        raise InvalidModelError(f"{path.name} has {len(records)} records where {len(leaves)} are expected", _REMEDY)
    with torch.no_grad():
        for (name, parameter), record in zip(leaves, records, strict=True):
            if parameter is None:
                if record.shape != () or record.dtype.kind not in "iu" or int(record) != HEADS:
                    raise InvalidModelError(f"{name} in {path.name} is not {HEADS} heads", _REMEDY)
                continue
            shape = tuple(parameter.shape)
            if record.dtype != np.float32 or record.shape not in (shape, (*shape, 1, 1)):  # convolutions' biases
                raise InvalidModelError(
                    f"{name} in {path.name} is {record.dtype}{record.shape}, not float32{shape}",
                    _REMEDY,
                )
            if not np.isfinite(record).all():
                raise InvalidModelError(f"{name} in {path.name} has values that are no numbers", _REMEDY)
            parameter.copy_(torch.from_numpy(record).reshape(parameter.shape))
    return field


def import_equinox(file: Path, model: Path, kind: str, brdf: str, duration: float | None) -> ModelHeader:
    """Write weights of the public implementation as a model file; returns its header.

    kind: "rgb" or "svbrdf". brdf: the form of an svbrdf model's state. duration: ODE time from fresh to aged; the
    paper's where None. Raises InvalidModelError where the file does not fit.
    """
    if not file.is_file():
        raise InvalidModelError(f"There is no file {file}", "check the path of the weights")
    field = read_equinox(file)
    if duration is None:
        duration = {"rgb": 5.0, "svbrdf": 10.0}[kind]
    if not 0 < duration <= 1000:
        raise InvalidModelError(f"The duration {duration} is not between 0 and 1000", "use the one it was trained with")
    warm_up = 0.2 * duration
    header = ModelHeader(
        name=model.stem,
        title=file.stem.replace("_", " ").capitalize(),
        network=field.config.to_header(),
        duration=duration,
        warm_up=warm_up,
        grid=default_grid(duration, warm_up),
        appearance=dict(DEFAULT_RULES) if kind == "rgb" else {"form": brdf},
        estimated=RGB_ESTIMATED if kind == "rgb" else ("metallic",) if brdf == "diffuse_specular" else (),
        credit="",
        licence="",
        training={"kind": kind, "imported_from": file.name},
        sha256="",
    )
    appearance_from_header(header)
    save_model(field, header, model)
    return header
