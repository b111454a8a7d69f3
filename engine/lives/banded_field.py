"""The vector field of `models.network` in bands of rows: the same function, for pictures that fill the memory.

Norms and attention tie the whole picture together, so that tiles of it cannot be solved on their own. Here every layer
goes over the picture in bands, gathering the statistics that it needs before it uses them: nothing is approximated. At
most three pictures of features are in memory at a time, where the arranged form has about seven.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..models.arranged import HIDDEN, SAMPLED, same_head
from ..models.network import Block, LinearAttention, VectorField
from ..models.resampling import behind_doubling, halving

_BAND_TEXELS = 1 << 18

Rows = Callable[[int, int], Tensor]
"""Gives the rows [rows, W, C] of a picture from one index to another."""


class _Statistics:
    """Sums of what a norm needs, gathered band by band."""

    def __init__(self) -> None:
        self._count, self._sum, self._squares = 0, torch.zeros(()), torch.zeros(())

    def add(self, x: Tensor) -> None:
        """x: [..., C]."""
        x = x.flatten(0, -2).float()
        self._count += x.shape[0]
        self._sum = self._sum + x.sum(0).double()
        self._squares = self._squares + x.square().sum(0).double()

    def affine(self, norm: nn.GroupNorm, scale: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
        """(factor, summand), [C] each, that normalise, scale and shift."""
        mean = (self._sum / self._count).view(norm.num_groups, -1)
        squares = (self._squares / self._count).view(norm.num_groups, -1)
        group_mean = mean.mean(1, keepdim=True)
        variance = squares.mean(1, keepdim=True) - group_mean.square()
        deviation = (variance.clamp(min=0) + norm.eps).rsqrt()
        factor = (deviation.expand_as(mean).flatten() * scale.double()).float()
        return factor, (shift.double() - group_mean.expand_as(mean).flatten() * factor.double()).float()


class BandedField:
    """f(x, t) with the weights that `field` has, in float32. Call it under `torch.inference_mode`.

    Raises ValueError for a network that resamples as the public implementation does.
    """

    def __init__(self, field: VectorField, band_texels: int = _BAND_TEXELS):
        if not field.config.periodic:
            raise ValueError("the form in bands is periodic")
        self._field = field
        self._band_texels = band_texels

    def __call__(self, x: Tensor, time: Tensor | float) -> Tensor:
        """The velocity [1, C, H, W] of the state x [1, C, H, W] at the time t (a scalar)."""
        (state,), field = x, self._field
        embedding = field.embedding(torch.as_tensor(time, dtype=x.dtype, device=x.device))
        first = rows = self._first(state)
        size, skips = tuple(state.shape[1:]), []
        for block, attention, resample in cast(Iterable[Any], field.down):
            skips.append(self._attended(attention, self._block(block, embedding, size, rows)))
            x = self._halved(skips[-1])
            x = self._convolved(resample, x.shape[:2], _rows_of(x))
            size, rows = tuple(x.shape[:2]), _rows_of(x)
        block, attention = cast(Any, field.middle)
        x = self._attended(attention, self._block(block, embedding, size, rows))
        del rows
        for resample, block, attention in cast(Iterable[Any], field.up):
            x = self._doubled(resample, x)
            skip = skips.pop()
            x = self._block(block, embedding, x.shape[:2], _rows_of(x), _rows_of(skip))
            del skip
            x = self._attended(attention, x)
        return self._velocity(x, first, state)[None]

    def _bands(self, height: int, width: int) -> Iterator[tuple[int, int]]:
        rows = max(1, self._band_texels // width)
        return ((start, min(start + rows, height)) for start in range(0, height, rows))

    def _first(self, state: Tensor) -> Rows:
        """The first block's output, made anew from the state wherever it is asked for."""
        block, (_, height, width) = self._field.first, state.shape
        weight, bias = block.convolution.weight.flatten(1), cast(Tensor, block.convolution.bias)

        def raw(start: int, end: int) -> Tensor:
            return torch.addmm(bias, state[:, start:end].flatten(1).t(), weight.t()).view(end - start, width, -1)

        statistics = _Statistics()
        for start, end in self._bands(height, width):
            statistics.add(raw(start, end))
        factor, summand = statistics.affine(block.norm, block.norm.weight, block.norm.bias)
        return lambda start, end: functional.silu(raw(start, end).mul_(factor).add_(summand), inplace=True)

    def _convolved(
        self, layer: nn.Conv2d, size: Iterable[int], *parts: Rows, statistics: _Statistics | None = None
    ) -> Tensor:
        """The output [H, W, C] for parts of H x W texels that lie side by side as channels."""
        height, width = size
        weight = layer.weight.contiguous(memory_format=torch.channels_last)
        out = layer.weight.new_empty((height, width, layer.out_channels))
        for start, end in self._bands(height, width):
            padded = _padded(parts, start, end, height, width)
            band = functional.conv2d(padded, weight, layer.bias)[0].permute(1, 2, 0)
            out[start:end] = band
            if statistics is not None:
                statistics.add(band)
        return out

    def _block(self, block: Block, embedding: Tensor, size: Iterable[int], *parts: Rows) -> Tensor:
        statistics = _Statistics()
        x = self._convolved(block.convolution, size, *parts, statistics=statistics)
        assert block.time is not None
        scale, shift = block.time(functional.silu(embedding)).chunk(2)  # [C] each
        factor, summand = statistics.affine(block.norm, scale + 1, shift)
        for start, end in self._bands(*x.shape[:2]):
            functional.silu(x[start:end].mul_(factor).add_(summand), inplace=True)
        return x

    def _halved(self, x: Tensor) -> Tensor:
        height, width, channels = x.shape
        out, kernel = x.new_empty((height // 2, width // 2, channels)), halving(channels, x)
        for start, end in self._bands(height // 2, width // 2):
            padded = _padded((_rows_of(x),), 2 * start, 2 * end, height, width)
            out[start:end] = functional.conv2d(padded, kernel, stride=2, groups=channels)[0].permute(1, 2, 0)
        return out

    def _doubled(self, layer: nn.Conv2d, x: Tensor) -> Tensor:
        height, width, _ = x.shape
        weight = behind_doubling(layer.weight).contiguous(memory_format=torch.channels_last)
        bias = cast(Tensor, layer.bias).repeat(4)
        out = x.new_empty((2 * height, 2 * width, layer.out_channels))
        for start, end in self._bands(height, width):
            phases = functional.conv2d(_padded((_rows_of(x),), start, end, height, width), weight, bias)[0]
            phases = phases.permute(1, 2, 0).reshape(end - start, width, 2, 2, -1).transpose(1, 2)
            out[2 * start : 2 * end] = phases.reshape(2 * (end - start), 2 * width, -1)
        return out

    def _attended(self, attention: nn.Module, x: Tensor) -> Tensor:
        """Overwrites x [H, W, C]."""
        if not isinstance(attention, LinearAttention):
            return x
        bands, statistics = list(self._bands(*x.shape[:2])), _Statistics()
        for start, end in bands:
            statistics.add(x[start:end])
        factor, summand = statistics.affine(attention.norm, attention.norm.weight, attention.norm.bias)
        weight, bias = attention.to_qkv.weight.flatten(1), cast(Tensor, attention.to_qkv.bias)
        weight, bias = weight * factor, bias + weight @ summand  # the norm's work

        def seen(texels: Tensor, outputs: slice) -> Tensor:
            return torch.addmm(bias[outputs], texels, weight[outputs].t())

        texels = x.flatten(0, 1)
        shift = seen(texels[::SAMPLED], slice(HIDDEN, 2 * HIDDEN)).amax(0)
        context, total = x.new_zeros((HIDDEN, HIDDEN)), x.new_zeros(HIDDEN)
        for start, end in bands:
            key, value = seen(x[start:end].flatten(0, 1), slice(HIDDEN, 3 * HIDDEN)).split(HIDDEN, 1)
            key = (key - shift).exp_()
            context += key.t() @ value
            total += key.sum(0)
        mixing = (context * same_head(x) / total[:, None]) @ attention.to_out.weight.flatten(1).t()  # [heads * d, C]
        for start, end in bands:
            band = x[start:end].flatten(0, 1)
            band.addmm_(seen(band, slice(0, HIDDEN)), mixing).add_(cast(Tensor, attention.to_out.bias))
        return x

    def _velocity(self, x: Tensor, first: Rows, state: Tensor) -> Tensor:
        block, layer = self._field.last, self._field.velocity
        weight, bias = block.convolution.weight.flatten(1), cast(Tensor, block.convolution.bias)
        own = x.shape[-1]

        def raw(start: int, end: int) -> Tensor:
            mixed = torch.addmm(bias, x[start:end].flatten(0, 1), weight[:, :own].t())
            return mixed.addmm_(first(start, end).flatten(0, 1), weight[:, own:].t())

        bands, statistics = list(self._bands(*x.shape[:2])), _Statistics()
        for start, end in bands:
            statistics.add(raw(start, end))
        factor, summand = statistics.affine(block.norm, block.norm.weight, block.norm.bias)
        out = torch.empty_like(state)
        for start, end in bands:
            bounded = raw(start, end).mul_(factor).add_(summand).sigmoid_()
            band = layer.weight.flatten(1) @ bounded.t() + cast(Tensor, layer.bias)[:, None]
            out[:, start:end] = band.view(-1, end - start, state.shape[2])
        return out


def _rows_of(x: Tensor) -> Rows:
    return lambda start, end: x[start:end]


def _padded(parts: tuple[Rows, ...], start: int, end: int, height: int, width: int) -> Tensor:
    """Rows start - 1 to end of the parts, side by side as channels, wrapped around: [1, C, rows + 2, W + 2]."""
    pieces = [(start, end, 1), ((start - 1) % height, (start - 1) % height + 1, 0)]
    pieces.append((end % height, end % height + 1, end - start + 1))
    out = None
    for first, last, place in pieces:
        rows = [part(first, last) for part in parts]
        if out is None:
            channels = [row.shape[-1] for row in rows]
            out = rows[0].new_empty((1, end - start + 2, width + 2, sum(channels)))
        inside = out[0, place : place + last - first, 1:-1].split(channels, -1)
        for into, row in zip(inside, rows, strict=True):
            into.copy_(row)
    assert out is not None
    out[:, :, 0] = out[:, :, -2]
    out[:, :, -1] = out[:, :, 1]
    return out.permute(0, 3, 1, 2)
