"""Footage whose white is off, such as a pink copper plate: corrected where a colour in it is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from ..errors import InvalidExemplarError, InvalidRequestError
from ..maps.color import linear_to_srgb, srgb_to_linear
from .exemplar import Exemplar, Gains

_MOST = 4.0


def balanced(exemplar: Exemplar, gains: Gains) -> Exemplar:
    """The exemplar with red, green and blue of its frames multiplied as linear light; what exceeds white is white.

    Raises InvalidExemplarError for texture sets, whose colours are those of the surface, and InvalidRequestError for
    gains that are no light's.
    """
    if exemplar.frames.dtype != np.uint8:
        raise InvalidExemplarError(
            f"{exemplar.name} holds texture sets, whose colours are the surface's own", "leave out the white balance"
        )
    if not all(0 < gain <= _MOST for gain in gains):
        raise InvalidRequestError(
            f"A white balance of {','.join(f'{gain:g}' for gain in gains)} is none",
            f"state what red, green and blue are multiplied by, above 0 and up to {_MOST:g}, such as 1,1.05,0.8",
        )
    linear = srgb_to_linear(torch.arange(256) / 255)
    table = (
        (linear_to_srgb((linear[:, None] * torch.tensor(gains)).clamp(max=1)) * 255 + 0.5).byte().numpy()
    )  # [256, 3]
    frames = [table[frame, np.arange(3)] for frame in exemplar.frames]  # one at a time: photographs are large
    return replace(exemplar, frames=np.stack(frames), white_balance=gains)
