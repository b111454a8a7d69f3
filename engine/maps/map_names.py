"""The five maps that every model gives, whatever it was learned from."""

from __future__ import annotations

# Number of channels of each map, in the order in which they travel.
MAPS: dict[str, int] = {"base_color": 3, "metallic": 1, "roughness": 1, "normal": 3, "height": 1}

# Beside the maps (see `maps.change`), [H, W] in [0, 1]: Change is what files hold, the departure that it is a function
# of is what images in Blender and the tiles of an atlas hold.
CHANGE, DEPARTURE = "change", "departure"


def map_shape(name: str, extent: int) -> tuple[int, ...]:
    """[H, W, 3] of a colour or normal map, [H, W] of a scalar one."""
    channels = MAPS.get(name, 1)
    return (extent, extent, channels) if channels > 1 else (extent, extent)
