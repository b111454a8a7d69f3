"""The five maps that every model gives, whatever it was learned from."""

from __future__ import annotations

# Number of channels of each map, in the order in which they travel.
MAPS: dict[str, int] = {"base_color": 3, "metallic": 1, "roughness": 1, "normal": 3, "height": 1}


def map_shape(name: str, extent: int) -> tuple[int, ...]:
    """[H, W, 3] of a colour or normal map, [H, W] of a scalar one."""
    return (extent, extent, MAPS[name]) if MAPS[name] > 1 else (extent, extent)
