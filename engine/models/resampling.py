"""Halving and doubling of a periodic picture as convolutions: what `network` does, in fewer passes over memory."""

from __future__ import annotations

import torch
from torch import Tensor


def halving(channels: int, like: Tensor) -> Tensor:
    """Weights [channels, 1, 4, 4] of the depthwise convolution that halves with antialiasing: 1, 3, 3, 1 each way."""
    weights = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    kernel = torch.outer(weights, weights).expand(channels, 1, 4, 4)
    return kernel.to(like).contiguous(memory_format=torch.channels_last)


def behind_doubling(weight: Tensor) -> Tensor:
    """Weights [4 * out, in, 3, 3] that give, from a small picture, the 2 x 2 texels of its convolved double.

    weight: [out, in, 3, 3], of the convolution of the bilinear double. Doubling draws a texel from 3/4 of the nearest
    one and 1/4 of the next, so that the three neighbours of a doubled texel see three of the small ones. The four
    phases come as [row, column, out].
    """
    seen = torch.tensor(
        [
            [[0.75, 0.25, 0.0], [0.25, 0.75, 0.0], [0.0, 0.75, 0.25]],  # of the first of two texels: tap, small texel
            [[0.25, 0.75, 0.0], [0.0, 0.75, 0.25], [0.0, 0.25, 0.75]],
        ]
    ).to(weight)
    phases = torch.einsum("ais,bjt->ijabst", seen, seen).reshape(9, 36)
    after, before = weight.shape[:2]
    folded = (weight.reshape(after * before, 9) @ phases).reshape(after, before, 2, 2, 3, 3)
    return folded.permute(2, 3, 0, 1, 4, 5).reshape(4 * after, before, 3, 3)
