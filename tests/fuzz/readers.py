"""What reads files of others' making, as a session of Patina does: the whole way until their content is in use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from patina.engine.lives.noise import initial_noise
from patina.engine.lives.solver import step
from patina.engine.models.equinox import read_equinox
from patina.engine.models.model_file import load_model
from patina.engine.models.model_header import read_header
from patina.engine.training.footage import read_footage
from patina.engine.training.picture_files import PICTURES, picture_size, read_animation, read_colour, read_values
from patina.engine.training.video import VIDEOS

_EXTENT = 16


def _model(path: Path) -> None:
    """Blender's side reads the header, the engine the tensors; then the first step is solved and seen."""
    read_header(path)
    model = load_model(path)
    extent = max(_EXTENT, model.header.extent_multiple)
    state = torch.from_numpy(initial_noise(model.header.network["channels"], extent, extent, 0))[None]
    times = model.grid.times()
    with torch.inference_mode():
        state = step(model.field, state, times[0], times[1], "euler")
        model.appearance.maps(state[0, : model.appearance.observed])


def readers(path: Path) -> tuple[Callable[[Path], object], ...]:
    """What reads a file, by its name's ending; each is tried, whatever the others say."""
    ending = path.suffix.lower()
    if ending == ".safetensors":
        return (_model,)
    if ending == ".eqx":
        return (read_equinox,)
    if ending in VIDEOS:
        return (read_footage,)
    assert ending in PICTURES, ending
    return (picture_size, read_colour, lambda path: read_values(path, 1), read_animation)
