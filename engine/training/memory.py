"""How much memory this process has used at most."""

from __future__ import annotations

import sys

import torch


def peak_memory(device: str) -> int:
    """Bytes; on a GPU those of its own memory. 0 where the system does not tell (Windows)."""
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated()
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
