"""In which arithmetic a life is solved: part of its name, for each gives other numbers."""

from __future__ import annotations

import torch

from ..models.network import VectorField
from .banded_field import BandedField
from .solver import Velocity
from .solving_field import SolvingField

EXACT = "float32"
DRAFT = "bfloat16"
LARGEST_WHOLE = 1024  # texels: larger ones are solved in bands of rows
_TYPES = {EXACT: torch.float32, DRAFT: torch.bfloat16}


def velocity_of(field: VectorField, arithmetic: str, device: str, extent: int) -> Velocity:
    """The form of `field` that is solved with on `device`.

    Forms for CPUs exist for fields that wrap around; elsewhere, and on other devices, the field itself is used. All
    but the one for a first look, of at most LARGEST_WHOLE texels a side, are in float32.
    """
    if device != "cpu" or not field.config.periodic:
        return field
    if extent > LARGEST_WHOLE:
        return BandedField(field)
    return SolvingField(field, _TYPES[arithmetic])


def multiplies_bfloat16() -> bool:
    """Whether this CPU has products of bfloat16 in hardware."""
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)  # torch has no public name for it
    return bool(supported and supported())
