"""A picture of what a training has learned so far."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageOps

from ..lives.noise import initial_state
from ..lives.solver import integrate
from ..models.network import VectorField
from .config import TrainingConfig
from .objective import Objective

AGES = 8
SIZE = 128  # texels


def preview(field: VectorField, objective: Objective, config: TrainingConfig, start: Sequence[float]) -> Image.Image:
    """A column for each of eight ages: the exemplar above, the synthesis and its maps below.

    start: what the observed channels hold before the warm-up (`ModelHeader.start`).
    """
    noise = initial_state(field.config.channels, SIZE, SIZE, 5, start)
    device = next(field.parameters()).device
    state = torch.from_numpy(noise)[None].to(device)
    columns, time = [], -config.warm_up_time
    with torch.inference_mode():
        for k in range(AGES):
            age = k / (AGES - 1)
            end = config.duration * age
            state = integrate(field, state, time, end, math.ceil((end - time) * config.steps_per_unit[1]), "euler")
            pictures = objective.exemplar_pictures(age) + objective.synthesis_pictures(state)
            columns.append(np.vstack([_fitted(picture) for picture in pictures]))
            time = end
    return Image.fromarray(np.hstack(columns))


def _fitted(picture: np.ndarray) -> np.ndarray:
    """The picture's middle, as much as a square holds: what is squeezed cannot be compared by eye."""
    return np.asarray(ImageOps.fit(Image.fromarray(picture), (SIZE, SIZE), Image.Resampling.LANCZOS))
