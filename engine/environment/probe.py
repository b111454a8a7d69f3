"""Whether this Python can be the engine: its versions and devices, and one step solved on the one that it would use."""

from __future__ import annotations

import platform
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from ..channel.server import device_name
from ..lives.solver import step
from ..models.network import NetworkConfig, VectorField

PACKAGES = ("torch", "torchdiffeq", "safetensors", "numpy", "pillow", "av")
_EXTENT = 32
_CLOSE = 1e-3  # of numbers about 1: devices round differently, and a broken one is far off


def probe() -> dict[str, Any]:
    """What a parent is told. `problem` says what is wrong with the device, where something is; empty else."""
    device = device_name()
    torch.manual_seed(0)
    field = VectorField(NetworkConfig(6, 8, (1, 2), attention=True)).eval()
    state = torch.randn(1, 6, _EXTENT, _EXTENT)
    with torch.inference_mode():
        expected = step(field, state, 0.0, 0.1, "euler")
        started = time.perf_counter()
        solved = step(field.to(device), state.to(device), 0.0, 0.1, "euler").cpu()
    problem = ""
    if not torch.allclose(solved, expected, atol=_CLOSE):
        problem = f"{device} does not compute what the CPU computes"
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": device,
        "devices": devices(),
        "seconds": round(time.perf_counter() - started, 3),
        "versions": versions(),
        "problem": problem,
    }


def devices() -> list[str]:
    """The devices that torch sees, by their makers' names; the CPU by its architecture."""
    found = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]  # ROCm's too
    if torch.backends.mps.is_available():
        found.append("Apple GPU (Metal)")
    return [*found, f"CPU ({platform.machine()}, {torch.get_num_threads()} threads)"]


def versions() -> dict[str, str]:
    """The installed versions of what the engine is made of; empty where there is none."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found
