"""One line of the table, and taking times in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Work = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One figure.

    what: what was measured. form: how. value: in `unit` (s, bytes, FLOP/s, bytes/s, or 1 for a pure number). ratio: the
    plain form's value to this one's, None where there is nothing to compare with. error: dB, against what `note` says.
    """

    what: str
    form: str
    value: float
    unit: str = "s"
    ratio: float | None = None
    error: float | None = None
    note: str = ""

    def figure(self) -> str:
        """The value with its unit, for people."""
        match self.unit:
            case "s":
                return f"{self.value:.1f} s" if self.value >= 10 else f"{self.value * 1e3:.1f} ms"
            case "bytes":
                return f"{self.value / 2**20:.0f} MB"
            case _:
                return f"{self.value / 1e9:.1f} G{self.unit}"


@dataclass(frozen=True)
class Size:
    """How much is measured.

    life: texels a side of the life that is raced. tight: of the life whose error is taken. turns: of each form. jumps:
    texels a side of the life that is jumped in. draft: of the first picture. whole: where bands are compared with the
    whole. peaks: whose memory is taken. matrix: rows of the product that shows what the machine can do.
    """

    life: int = 256
    tight: int = 64
    turns: int = 3
    evaluations: int = 7
    jumps: int = 512
    ages: int = 30
    draft: int = 64
    whole: int = 1024
    peaks: tuple[int, ...] = (256, 512, 1024, 2048)
    matrix: int = 2048


SHORT = Size(life=32, tight=16, turns=1, evaluations=2, jumps=64, ages=4, draft=32, whole=64, peaks=(32,), matrix=128)


def seconds(work: Work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def race(forms: Mapping[str, Work], turns: int, warm_up: bool = True) -> dict[str, tuple[float, float]]:
    """(median seconds, median ratio of the first form's time to this one's in the same turn) of forms in turns."""
    if warm_up:
        for work in forms.values():
            work()
    taken: dict[str, list[float]] = {name: [] for name in forms}
    for _ in range(turns):
        for name, work in forms.items():
            taken[name].append(seconds(work))
    first = next(iter(taken.values()))
    return {name: (statistics.median(own), median_ratio(first, own)) for name, own in taken.items()}


def median_ratio(plain: Sequence[float], own: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(plain, own, strict=True))
