"""What decides the outcome of a training, besides the exemplar and the objective."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..errors import PatinaError
from ..models.network import NetworkConfig
from .exemplar import SMALLEST

PRECISIONS = ("auto", "bfloat16", "float32", "plain")


class TrainingError(PatinaError):
    """A training that cannot go on."""


@dataclass(frozen=True)
class TrainingConfig:
    """The recipe.

    state_size: side in texels of the trained state. late_state_size: its side in the last `late_share` of the steps;
    only on a larger state does the loss see that spots do not flock together far apart. duration: ODE time from fresh
    to aged. warm_up: as a share of the duration. segments: a fresh start every `segments` steps.
    steps_per_unit: the fewest and most Euler steps for a unit of ODE time, drawn anew for each segment so that the
    field does not lean on one step length. checks: full inferences over the whole training, fewer over a short one, by
    which the learning rate and the kept state are decided; the rate is halved when more than `patience` of them in a
    row did not better the loss by the share `plateau`. settling: the share of the steps, the last, in which the rate
    falls to nothing. rising: steps in which it rises from nothing, where a training begins with a model. early: the
    power to which ages that are drawn evenly are raised, above 1 for more early ones and below 1 for more late ones;
    None: the objective's.
    averaging: of the weights, the share that stays at each step. precision: of convolutions, one of `PRECISIONS`; a
    training repeats bit for bit only where the machine chooses alike.
    """

    network: NetworkConfig = field(default_factory=lambda: NetworkConfig(12, 32, (1, 2, 4), True))
    iterations: int = 12_000
    state_size: int = 64
    late_state_size: int = 128
    late_share: float = 0.2
    duration: float = 5.0
    warm_up: float = 0.2
    segments: int = 6
    steps_per_unit: tuple[int, int] = (5, 8)
    learning_rate: float = 5e-4
    least_learning_rate: float = 1e-4
    patience: int = 4
    plateau: float = 0.01
    settling: float = 0.3
    rising: int = 200
    early: float | None = None
    checks: int = 60
    averaging: float = 0.999
    precision: str = "auto"
    seed: int = 0

    @property
    def warm_up_time(self) -> float:
        """Length of the warm-up in ODE time."""
        return self.warm_up * self.duration

    def grid(self) -> dict[str, object]:
        """The solver's steps that a model trained so asks for: Euler's, the shortest that were trained.

        A finer grid is nearer to the exact trajectory and farther from the exemplar: what noise is left in a fresh
        surface is what the steps of training leave there (docs/training.md has the measurement).
        """
        density = self.steps_per_unit[1]
        steps = {"warm_up_steps": math.ceil(density * self.warm_up_time), "steps": math.ceil(density * self.duration)}
        return steps | {"method": "euler"}

    def check(self) -> None:
        """Raises TrainingError for settings that cannot be trained."""
        multiple = 2 ** (len(self.network.multipliers) - 1)
        if not 0 <= self.seed < 2**63:
            raise TrainingError(f"The seed {self.seed} is not between 0 and 2^63", "choose a positive seed")
        if not 0.1 <= self.duration <= 100:
            raise TrainingError(f"The duration {self.duration:g} is not between 0.1 and 100", "5 is usual")
        shares = (self.late_share, self.settling)
        if not 0 < self.learning_rate <= 0.1 or not all(0 <= share <= 1 for share in shares):
            raise TrainingError(
                f"A learning rate of {self.learning_rate:g}, a late share of {self.late_share:g} and a settling of "
                f"{self.settling:g} cannot be trained together",
                "use a rate from 0 to 0.1, 0.0005 is usual, and shares from 0 to 1",
            )
        if self.early is not None and not 0.25 <= self.early <= 4:
            raise TrainingError(
                f"Ages drawn by a power of {self.early:g} cannot be trained",
                "use one from 0.25 (late ages) to 4 (early ones), 1 is even",
            )
        sizes = (self.state_size, self.late_state_size)
        if self.iterations < 1 or any(size < SMALLEST or size % multiple for size in sizes):
            raise TrainingError(
                f"{self.iterations} iterations on {sizes[0]} and {sizes[1]} texels cannot be trained",
                f"use one iteration or more, and a multiple of {multiple} texels from {SMALLEST} on",
            )
