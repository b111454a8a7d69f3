"""What the forms of the vector field that are arranged for a CPU share: solving's, in bands, and training's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from .network import HEAD_CHANNELS, HEADS, VectorField
from .resampling import behind_doubling

HIDDEN = HEADS * HEAD_CHANNELS  # of attention: queries, keys and values of all heads, side by side
SAMPLED = 61  # of so many texels one is looked at, to shift a softmax: any value near the largest will do


def same_head(like: Tensor) -> Tensor:
    """[HIDDEN, HIDDEN], 1 where key and value belong to one head: all heads in one product, the rest struck out."""
    return torch.block_diag(*[torch.ones(HEAD_CHANNELS, HEAD_CHANNELS)] * HEADS).to(like)


def arranged_weights(field: VectorField, precision: torch.dtype) -> dict[nn.Conv2d, tuple[Tensor, Tensor]]:
    """Weights and bias of every convolution, in `precision`.

    One of 1 x 1 is a matrix; others lie with channels last; one behind a doubling gives, for each texel, the four that
    it becomes. Raises ValueError for a network that resamples as the public implementation does: only what wraps around
    everywhere can be folded.
    """
    if not field.config.periodic:
        raise ValueError("the arranged form is periodic")
    doubling = {resample for resample, *_ in cast(Iterable[Any], field.up)}
    layers = (module for module in field.modules() if isinstance(module, nn.Conv2d))
    return {layer: _arranged(layer, layer in doubling, precision) for layer in layers}


def wrap(parts: Sequence[Tensor], precision: torch.dtype) -> Tensor:
    """Parts [B, H, W, *] as one [B, H + 2, W + 2, C] that begins and ends with the other side's texels."""
    batch, height, width, _ = parts[0].shape
    channels = [part.shape[-1] for part in parts]
    out = parts[0].new_empty((batch, height + 2, width + 2, sum(channels)), dtype=precision)
    for inside, part in zip(out[:, 1:-1, 1:-1].split(channels, -1), parts, strict=True):
        inside.copy_(part)
    out[:, 0, 1:-1] = out[:, -2, 1:-1]
    out[:, -1, 1:-1] = out[:, 1, 1:-1]
    out[:, :, 0] = out[:, :, -2]
    out[:, :, -1] = out[:, :, 1]
    return out


def _arranged(layer: nn.Conv2d, doubles: bool, precision: torch.dtype) -> tuple[Tensor, Tensor]:
    weight, bias = layer.weight, cast(Tensor, layer.bias)
    if layer.kernel_size == (1, 1):
        return weight.flatten(1).to(precision), bias.to(precision)
    if doubles:
        weight, bias = behind_doubling(weight), bias.repeat(4)
    return weight.to(precision, memory_format=torch.channels_last), bias.to(precision)
