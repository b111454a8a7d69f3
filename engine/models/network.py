"""The vector field f(x, t) of an appearance ODE, dx/dt = f(x, t): a small U-Net that is periodic in space.

Source: Liu and Ritschel, "Neural Differential Appearance Equations", ACM TOG 43(6), 2024, section 4 and its public
implementation, whose arithmetic this follows to the last operation so that its weights keep their meaning.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import InvalidModelError

HEADS = 4
HEAD_CHANNELS = 8


def _groups(channels: int) -> int:
    """How many groups of channels a GroupNorm normalises together."""
    return min(channels // 4, 32)


@dataclass(frozen=True)
class NetworkConfig:
    """Everything that decides the shapes of a vector field's tensors.

    channels: state channels C. width: feature channels of the first block. multipliers: width of each level as a
    multiple of `width`, finest first; the first is 1. attention: linear attention after every block.
    periodic: resampling wraps around as the convolutions do, so that the texture tiles without a seam; the public
    implementation repeats the border there, and its weights are evaluated as it does.
    """

    channels: int
    width: int
    multipliers: tuple[int, ...]
    attention: bool
    periodic: bool = True

    def __post_init__(self) -> None:
        sizes = (self.channels, self.width, *self.multipliers)
        if not self.multipliers or any(type(size) is not int or not 1 <= size <= 1024 for size in sizes):
            raise InvalidModelError(
                f"The network's sizes {sizes} are not whole numbers from 1 to 1024", "use a model that Patina made"
            )
        if self.width % 4 or len(self.multipliers) > 8 or self.multipliers[0] != 1:
            raise InvalidModelError(
                f"A network of width {self.width} with the levels {self.multipliers} is not supported",
                "use a width that is a multiple of 4, and 1 and at most 7 more multiples of it",
            )
        for level in (self.width * multiplier for multiplier in self.multipliers):
            if level % _groups(level):
                raise InvalidModelError(
                    f"The {level} channels of a level cannot be split into {_groups(level)} groups",
                    "use at most 128 channels, or a multiple of 32",
                )

    @property
    def extent_multiple(self) -> int:
        """Heights and widths of the state must be multiples of this many texels: each level but the last halves."""
        return 2 ** (len(self.multipliers) - 1)

    def to_header(self) -> dict[str, object]:
        """The configuration as plain values for a model file's header."""
        return asdict(self) | {"multipliers": list(self.multipliers)}


class Block(nn.Module):
    """Convolution, GroupNorm, time scale and shift, activation."""

    def __init__(self, before: int, after: int, kernel: int, embedding: int | None, activation: nn.Module):
        super().__init__()
        self.convolution = nn.Conv2d(before, after, kernel, padding=kernel // 2, padding_mode="circular")
        # A block that is modulated by time has no affine of its own: the time embedding gives scale and shift.
        self.norm = nn.GroupNorm(_groups(after), after, eps=1e-5, affine=embedding is None)
        self.time = nn.Linear(embedding, 2 * after) if embedding is not None else None
        self.activation = activation

    def forward(self, x: Tensor, embedding: Tensor | None = None) -> Tensor:
        x = self.norm(self.convolution(x))
        if self.time is not None:
            assert embedding is not None
            scale, shift = self.time(functional.silu(embedding)).chunk(2)  # [C] each
            x = torch.addcmul(shift[:, None, None], x, scale[:, None, None] + 1)
        return self.activation(x)


class LinearAttention(nn.Module):
    """Attention whose cost grows with the number of texels, not with its square (residual, 4 heads of 8)."""

    def __init__(self, channels: int):
        super().__init__()
        hidden = HEADS * HEAD_CHANNELS
        self.norm = nn.GroupNorm(_groups(channels), channels, eps=1e-5)
        self.to_qkv = nn.Conv2d(channels, 3 * hidden, 1)
        self.to_out = nn.Conv2d(hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        batch, _, height, width = x.shape
        qkv = self.to_qkv(self.norm(x)).reshape(batch, 3, HEADS, HEAD_CHANNELS, height * width)
        query, key, value = qkv.unbind(1)  # [B, heads, d, HW]
        key = key.softmax(dim=-1)
        context = key @ value.transpose(-1, -2)  # [B, heads, d, d]
        attended = context.transpose(-1, -2) @ query  # [B, heads, d, HW]
        return x + self.to_out(attended.reshape(batch, HEADS * HEAD_CHANNELS, height, width))


class TimeEmbedding(nn.Module):
    """Sinusoids of the raw time, all sines then all cosines, and a two-layer perceptron."""

    frequencies: Tensor

    def __init__(self, width: int):
        super().__init__()
        half = width // 2
        frequencies = torch.exp(-math.log(10000.0) / (half - 1) * torch.arange(half))
        self.register_buffer("frequencies", frequencies, persistent=False)
        self.first = nn.Linear(width, 2 * width)
        self.second = nn.Linear(2 * width, 2 * width)

    def forward(self, time: Tensor) -> Tensor:
        phase = time * self.frequencies
        waves = torch.cat((phase.sin(), phase.cos()))
        return self.second(functional.silu(self.first(waves)))


def _halve(x: Tensor, periodic: bool) -> Tensor:
    """Half the size with antialiasing; without it the published weights are off by 0.3."""
    if periodic:
        return _halve(functional.pad(x, (2, 2, 2, 2), mode="circular"), False)[..., 1:-1, 1:-1]
    height, width = x.shape[-2:]
    return functional.interpolate(x, (height // 2, width // 2), mode="bilinear", antialias=True)


def _double(x: Tensor, periodic: bool) -> Tensor:
    """Double the size, bilinear with half-pixel centres."""
    if periodic:
        return _double(functional.pad(x, (1, 1, 1, 1), mode="circular"), False)[..., 2:-2, 2:-2]
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class VectorField(nn.Module):
    """f(x, t): the velocity of the state x [B, C, H, W] at the time t (a scalar; negative in the warm-up)."""

    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.config = config
        width = config.width
        widths = [width * multiplier for multiplier in config.multipliers]
        embedding = 2 * width

        def attention(channels: int) -> nn.Module:
            return LinearAttention(channels) if config.attention else nn.Identity()

        def block(before: int, after: int) -> Block:
            return Block(before, after, 3, embedding, nn.SiLU())

        def resample(before: int, after: int) -> nn.Conv2d:
            return nn.Conv2d(before, after, 3, padding=1, padding_mode="circular")

        self.first = Block(config.channels, width, 1, None, nn.SiLU())
        self.embedding = TimeEmbedding(width)
        self.down = nn.ModuleList()
        for before, after in pairwise(widths):
            self.down.append(nn.ModuleList((block(before, before), attention(before), resample(before, after))))
        self.middle = nn.ModuleList((block(widths[-1], widths[-1]), attention(widths[-1])))
        self.up = nn.ModuleList()
        for before, after in pairwise(reversed(widths)):
            self.up.append(nn.ModuleList((resample(before, after), block(2 * after, after), attention(after))))
        self.last = Block(2 * width, width, 1, None, nn.Sigmoid())  # the sigmoid bounds the velocity
        self.velocity = nn.Conv2d(width, config.channels, 1)

    def forward(self, x: Tensor, time: Tensor | float) -> Tensor:
        embedding = self.embedding(torch.as_tensor(time, dtype=x.dtype, device=x.device))
        x = first = self.first(x)
        skips = []
        for block, attention, resample in cast(Iterable[nn.ModuleList], self.down):
            x = attention(block(x, embedding))
            skips.append(x)
            x = resample(_halve(x, self.config.periodic))
        block, attention = self.middle
        x = attention(block(x, embedding))
        for resample, block, attention in cast(Iterable[nn.ModuleList], self.up):
            x = resample(_double(x, self.config.periodic))
            x = attention(block(torch.cat((x, skips.pop()), 1), embedding))
        return self.velocity(self.last(torch.cat((x, first), 1)))

    def start_at_rest(self) -> None:
        """Initialise for training: time modulation, attention outputs and the velocity start at zero (paper)."""
        resting: list[nn.Module] = [self.velocity]
        for module in self.modules():
            if isinstance(module, Block) and module.time is not None:
                resting.append(module.time)
            if isinstance(module, LinearAttention):
                resting.append(module.to_out)
        for layer in resting:
            for parameter in layer.parameters():
                nn.init.zeros_(parameter)
