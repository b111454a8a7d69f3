"""The arithmetic of the public implementation: its weights, its velocities, its tightly solved trajectories."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from patina.engine.models.equinox import read_equinox
from torchdiffeq import odeint

DATA = Path(__file__).parent.parent / "data" / "official"
FOLDER = os.environ.get("PATINA_OFFICIAL")
NAMES = ("rgb_tiny", "rgb_paper", "svbrdf_tiny", "svbrdf_paper")
needs_folder = pytest.mark.skipif(not FOLDER, reason="PATINA_OFFICIAL names no folder with the public weights")
WEIGHTS = [
    *(pytest.param(DATA / name, id=name) for name in ("rgb_tiny", "svbrdf_tiny")),
    *(pytest.param(Path(FOLDER or ".") / name, id=f"folder-{name}", marks=needs_folder) for name in NAMES),
]


def velocity_error(weights: Path) -> float:
    """The largest difference from the published velocities, in float32."""
    field, reference = read_equinox(weights.with_suffix(".eqx")), np.load(weights.with_suffix(".npz"))
    x = torch.from_numpy(reference["x0"])
    with torch.inference_mode():
        ours = np.stack([field(x, float(time)).numpy() for time in reference["f_times"]])
    return float(np.abs(ours - reference["f_values"]).max())


def trajectory_error(weights: Path) -> float:
    """The largest difference from the published trajectory, solved in float64, as a share of its largest value."""
    field, reference = read_equinox(weights.with_suffix(".eqx")).double(), np.load(weights.with_suffix(".npz"))
    start = -0.2 * float(reference["times"][-1])
    times = torch.tensor([start, *reference["times"].tolist()], dtype=torch.float64)
    with torch.inference_mode():
        ours = odeint(
            lambda time, x: field(x, time),
            torch.from_numpy(reference["x0"]).double(),
            times,
            method="dopri5",
            rtol=1e-6,
            atol=1e-6,
        )[1:]
    truth = reference["tsit5_tol1e6"]
    return float(np.abs(ours.numpy() - truth).max() / np.abs(truth).max())


@pytest.mark.parametrize("weights", WEIGHTS)
def test_velocities_agree(weights: Path) -> None:
    assert velocity_error(weights) < 1e-4


@pytest.mark.parametrize("weights", WEIGHTS)
def test_trajectories_agree(weights: Path) -> None:
    assert trajectory_error(weights) < 1e-3
