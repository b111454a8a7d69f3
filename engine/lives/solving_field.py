"""The vector field of `models.network`, arranged for solving on a CPU: the same function, without gradients.

What differs from the plain form: channels are the last dimension in memory; activations write into the middle of the
padded picture that the next convolution reads, so that wrapping around costs four thin copies; doubling is folded into
the convolution behind it; halving is a depthwise convolution; attention is two small matrix products. In bfloat16 the
products and all that lies between layers have that type; sums, statistics of norms and the state stay in float32.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..models.arranged import HIDDEN, SAMPLED, arranged_weights, same_head, wrap
from ..models.network import Block, LinearAttention, VectorField
from ..models.resampling import halving


class SolvingField:
    """f(x, t) with the weights that `field` has when this is made. Call it under `torch.inference_mode`.

    precision: torch.float32 or torch.bfloat16. Raises ValueError for a network that resamples as the public
    implementation does: only what wraps around everywhere can be folded.
    """

    def __init__(self, field: VectorField, precision: torch.dtype = torch.float32):
        self._field = field
        self._precision = precision
        with torch.inference_mode():
            self._weights = arranged_weights(field, precision)
            self._same_head = same_head(field.velocity.weight)

    def __call__(self, x: Tensor, time: Tensor | float) -> Tensor:
        """The velocity [B, C, H, W], float32, of the state x [B, C, H, W] at the time t (a scalar)."""
        parts = [self._velocity(part, time) for part in x]
        return parts[0][None] if len(parts) == 1 else torch.stack(parts)

    def _velocity(self, state: Tensor, time: Tensor | float) -> Tensor:
        field, (_, height, width) = self._field, state.shape
        embedding = field.embedding(torch.as_tensor(time, dtype=state.dtype, device=state.device))
        weight, bias = self._weights[field.first.convolution]
        x = torch.addmm(bias, state.flatten(1).to(self._precision).t(), weight.t())  # [H * W, width]
        first = self._activated(field.first, None, x.view(1, height, width, -1))
        x, skips = first, []
        for block, attention, resample in cast(Iterable[Any], field.down):
            x = self._attended(attention, self._block(block, embedding, x))
            skips.append(x)
            kernel = halving(x.shape[-1], x)
            x = functional.conv2d(_nchw(_wrapped(x)), kernel, stride=2, groups=x.shape[-1]).permute(0, 2, 3, 1)
            x = self._convolved(resample, x)
        block, attention = cast(Any, field.middle)
        x = self._attended(attention, self._block(block, embedding, x))
        for resample, block, attention in cast(Iterable[Any], field.up):
            x = self._attended(attention, self._block(block, embedding, self._doubled(resample, x), skips.pop()))
        weight, bias = self._weights[field.last.convolution]
        own = x.shape[-1]
        mixed = torch.addmm(bias, x.flatten(0, 2), weight[:, :own].t())
        mixed.addmm_(first.flatten(0, 2), weight[:, own:].t())
        x = self._activated(field.last, None, mixed.view(1, height, width, -1))
        weight, bias = self._weights[field.velocity]
        out = weight @ x.flatten(0, 2).t()  # [C, H * W]
        return (out.float() + bias.float()[:, None]).view_as(state)

    def _convolved(self, layer: nn.Conv2d, *parts: Tensor) -> Tensor:
        """The output [1, H, W, C] for parts [1, H, W, *] that lie side by side as channels."""
        return functional.conv2d(_nchw(_wrapped(*parts)), *self._weights[layer]).permute(0, 2, 3, 1)

    def _doubled(self, layer: nn.Conv2d, x: Tensor) -> Tensor:
        """Double the size of x [1, H, W, C], then convolve."""
        _, height, width, _ = x.shape
        phases = self._convolved(layer, x).reshape(1, height, width, 2, 2, -1)
        return phases.transpose(2, 3).reshape(1, 2 * height, 2 * width, -1)

    def _block(self, block: Block, embedding: Tensor, *parts: Tensor) -> Tensor:
        return self._activated(block, embedding, self._convolved(block.convolution, *parts))

    def _activated(self, block: Block, embedding: Tensor | None, x: Tensor) -> Tensor:
        scale, shift = block.norm.weight, block.norm.bias
        if block.time is not None:
            assert embedding is not None
            scale, shift = block.time(functional.silu(embedding)).chunk(2)  # [C] each
            scale = scale + 1
        x = functional.group_norm(_nchw(x), block.norm.num_groups, scale, shift, block.norm.eps).permute(0, 2, 3, 1)
        return torch.sigmoid_(x) if isinstance(block.activation, nn.Sigmoid) else functional.silu(x, inplace=True)

    def _attended(self, attention: nn.Module, x: Tensor) -> Tensor:
        if not isinstance(attention, LinearAttention):
            return x
        norm, texels = attention.norm, x.flatten(0, 2)  # [H * W, C]
        normalised = functional.group_norm(_nchw(x), norm.num_groups, norm.weight, norm.bias, norm.eps)
        weight, bias = self._weights[attention.to_qkv]
        seen = torch.addmm(bias, normalised.permute(0, 2, 3, 1).flatten(0, 2), weight.t())
        query, key, value = seen.split(HIDDEN, -1)  # [H * W, heads * d]
        key = (key - key[::SAMPLED].amax(0)).exp_()
        # All heads in one product; what one head says of another is struck out. The softmax is divided out last.
        context = (key.t() @ value).float() * self._same_head / key.sum(0, dtype=torch.float32)[:, None]
        weight, bias = self._weights[attention.to_out]
        mixing = (context @ weight.t().float()).to(self._precision)  # [heads * d, C]
        return torch.addmm(texels + bias, query, mixing).view_as(x)


def _nchw(x: Tensor) -> Tensor:
    return x.permute(0, 3, 1, 2)


def _wrapped(*parts: Tensor) -> Tensor:
    return wrap(parts, parts[0].dtype)
