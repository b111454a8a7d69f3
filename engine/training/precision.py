"""In which precision a machine trains fastest, as far as that was measured."""

from __future__ import annotations

import torch

from ..lives.arithmetic import multiplies_bfloat16
from .config import PRECISIONS, TrainingError


def precision_of(name: str, device: str) -> torch.dtype | None:
    """The precision of convolutions in training; None for the plain form of the field.

    name: one of `PRECISIONS`; "auto" is bfloat16 where the CPU multiplies it in hardware, else float32.
    """
    if name not in PRECISIONS:
        raise TrainingError(f"There is no precision {name!r}", f"choose one of {', '.join(PRECISIONS)}")
    if name == "plain" or (name == "auto" and device != "cpu"):
        return None
    return torch.bfloat16 if name == "bfloat16" or (name == "auto" and multiplies_bfloat16()) else torch.float32
