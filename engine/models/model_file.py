"""Models as files: the vector field's tensors beside the header that says what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ..appearance import Appearance, appearance_from_header
from ..errors import InvalidModelError, PatinaError
from ..files.whole_files import written_whole
from ..lives.solver import Grid
from .model_header import ModelHeader, read_header
from .network import NetworkConfig, VectorField


class ModelWriteError(PatinaError):
    """A model file that cannot be written."""


@dataclass(frozen=True)
class Model:
    """A trained appearance ODE, ready to be solved: its field, its grid of steps, and how its state is seen."""

    header: ModelHeader
    field: VectorField
    grid: Grid
    appearance: Appearance


def load_model(path: Path) -> Model:
    """Load a model and check it against its own header.

    Raises InvalidModelError, naming the first tensor that is missing, misshapen, unknown, or has values that are no
    numbers.
    """
    header = read_header(path)
    config = NetworkConfig(**header.network | {"multipliers": tuple(header.network["multipliers"])})
    appearance = appearance_from_header(header)
    with torch.device("meta"):  # no memory for what may turn out to be a lie
        field = VectorField(config)
    expected = {name: value.shape for name, value in field.state_dict().items()}
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise InvalidModelError(f"{Path(path).name} cannot be read ({error})", "copy the file again") from error
    remedy = "choose a model that Patina made"
    for name, shape in expected.items():
        if name not in tensors:
            raise InvalidModelError(f"The tensor {name!r} is missing in {header.name}", remedy)
        if tensors[name].shape != shape:
            raise InvalidModelError(
                f"The tensor {name!r} in {header.name} has shape {tuple(tensors[name].shape)}, not {tuple(shape)}",
                remedy,
            )
        if not torch.isfinite(tensors[name]).all():
            raise InvalidModelError(f"The tensor {name!r} in {header.name} has values that are no numbers", remedy)
    for name in tensors:
        if name not in expected:
            raise InvalidModelError(
                f"The tensor {name[:80]!r} in {header.name} belongs to no part of the network", remedy
            )
    field = VectorField(config)
    field.load_state_dict(tensors)
    grid = Grid(header.duration, header.warm_up, **header.grid)
    return Model(header, field.eval().requires_grad_(False), grid, appearance)


def save_model(field: VectorField, header: ModelHeader, path: Path) -> None:
    """Write a model beside `path` and rename it, so that a model is there whole or not at all.

    Raises InvalidModelError where `load_model` would not take it, and ModelWriteError where the disk does not let us.
    """
    tensors = {name: value.detach().cpu().contiguous() for name, value in field.state_dict().items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as beside:
            save_file(tensors, beside, metadata=header.to_metadata())
            beside.chmod(0o644)  # safetensors makes files that only their owner may read
            load_model(beside)
    except (SafetensorError, OSError) as error:
        raise ModelWriteError(
            f"{path} cannot be written ({error})", "choose a folder that you may write to, with space left"
        ) from error
