"""What a texture set holds even: the metallic of fresh paint is 0 in every texel, until the first chip."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

_STEP = 1 / 255  # of 8 bits
_WEIGHT = 1000  # a map that is a step too high on average costs 4, as much as a texture that is all wrong


class Evenness(nn.Module):
    """Asks maps to stay at the level of those that do not vary at an age.

    Sums over patches hardly feel a few hundredths of a chip that breaks out too soon; in a map that is even it is the
    only texture there is.

    frames: maps [N, C, H, W] in [0, 1]. One is even where it varies by less than a step of 8 bits.
    """

    levels: Tensor  # [N, C]
    is_even: Tensor  # [N, C] bool

    def __init__(self, frames: Tensor):
        super().__init__()
        lowest, highest = frames.amin((2, 3)), frames.amax((2, 3))
        self.register_buffer("levels", (lowest + highest) / 2, persistent=False)
        self.register_buffer("is_even", highest - lowest < _STEP, persistent=False)

    def distance(self, maps: Tensor, neighbours: Sequence[tuple[int, float]]) -> Tensor:
        """How far (a scalar) maps [1, C, H, W], as they are seen, leave an even level by more than half a step.

        neighbours: frames and their shares. Between two frames only what is even, and the same, in both is asked for.
        """
        frames = [index for index, share in neighbours if share > 0]
        levels = self.levels[frames]
        is_known = self.is_even[frames].all(0) & ((levels - levels[0]).abs().amax(0) < _STEP)
        beyond = (maps.clamp(0, 1) - levels.mean(0)[:, None, None]).abs() - _STEP / 2
        return _WEIGHT * (beyond.clamp(min=0).mean((0, 2, 3)) * is_known).sum()

    @staticmethod
    def describe() -> str:
        """What is asked, in words that decide its identity."""
        return f"{_WEIGHT} x how far a map that is even leaves its level"
