"""An atlas in sentences for the artist."""

from __future__ import annotations

import bpy

from ...engine.atlas.layout import GOOD, atlas_bytes
from .kept import AtlasRecord


def size_sentence(material: bpy.types.Material, ages: int, bits: int) -> str:
    """How large an atlas of a material would be."""
    size = atlas_bytes(material.patina.resolution_stored, ages, bits)
    return f"Takes {_size(size)} of memory, and about a third of that in the file"


def record_sentence(record: AtlasRecord) -> str:
    """What an atlas is."""
    return f"{len(record.ages)} ages, {record.bits} bits, {_size(record.bytes)} of memory"


def quality_sentence(record: AtlasRecord) -> str:
    """How near an atlas comes to the life that it was baked from."""
    text = f"{record.worst:.1f} dB at the worst moment of the life"
    if record.worst >= GOOD:
        return text
    if record.enough is None:
        return f"{text}; no number of ages reaches {GOOD:.0f} dB"
    return f"{text}; {record.enough} ages would reach {GOOD:.0f} dB"


def _size(size: int) -> str:
    return f"{size / 2**20:.1f} MB" if size < 1 << 30 else f"{size / 2**30:.1f} GB"
