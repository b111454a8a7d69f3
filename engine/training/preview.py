"""A picture of what a training has learned so far."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image

from ..lives.noise import initial_state
from ..lives.solver import integrate
from ..models.network import VectorField
from .config import TrainingConfig
from .objective import Objective

AGES = 8
SIZE = 128  # texels


def preview(field: VectorField, objective: Objective, config: TrainingConfig, start: Sequence[float]) -> Image.Image:
    """A column for each of eight ages: the exemplar above, the synthesis and its maps below, all at one scale.

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
            exemplar = objective.exemplar_pictures(age)
            side = min(SIZE, *exemplar[0].shape[:2])
            pictures = exemplar + objective.synthesis_pictures(state)
            columns.append(np.vstack([_middle(picture, side) for picture in pictures]))
            time = end
    return Image.fromarray(np.hstack(columns))


def _middle(picture: np.ndarray, side: int) -> np.ndarray:
    """The picture's middle [side, side], enlarged to SIZE: what is squeezed or of another scale deceives the eye."""
    top, left = (picture.shape[0] - side) // 2, (picture.shape[1] - side) // 2
    middle = Image.fromarray(picture[top : top + side, left : left + side])
    return np.asarray(middle.resize((SIZE, SIZE), Image.Resampling.LANCZOS))
