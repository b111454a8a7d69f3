"""The five maps as a node group and an artist know them."""

from __future__ import annotations

from dataclasses import dataclass

from ..engine.maps.map_names import CHANGE, MAPS


@dataclass(frozen=True)
class MapLook:
    """label: the group's output. missing: the value of a texture that could not be had. waiting: a neutral one."""

    label: str
    missing: tuple[float, float, float]
    waiting: tuple[float, float, float]


LOOKS: dict[str, MapLook] = {
    "base_color": MapLook("Base Color", (1.0, 0.0, 1.0), (0.2, 0.2, 0.2)),
    # Green is the departure: where a texture is missing, its magenta lies over everything.
    "metallic": MapLook("Metallic", (0.0, 1.0, 0.0), (0.0, 0.0, 0.0)),
    "roughness": MapLook("Roughness", (1.0, 1.0, 1.0), (0.5, 0.5, 0.5)),
    "normal": MapLook("Normal", (0.5, 0.5, 1.0), (0.5, 0.5, 1.0)),
    "height": MapLook("Height", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
}
assert LOOKS.keys() == MAPS.keys()
CHANGE_LABEL = "Change"  # the group's output
CARRIER = "metallic"  # the map whose image holds the departure in green, so that Change takes no lookup of its own
LABELS = {name: look.label for name, look in LOOKS.items()} | {CHANGE: CHANGE_LABEL}

SMALLEST, LARGEST = 64, 4096  # extents in texels
UNIT = 256  # texels that span one UV square at Scale 1
