"""The maps that the bakes offer, as items of an enumeration."""

from __future__ import annotations

MAPS = (
    ("BASE_COLOR", "Base Color", "sRGB in PNG, linear in EXR"),
    ("METALLIC", "Metallic", "Linear"),
    ("ROUGHNESS", "Roughness", "Linear"),
    ("NORMAL", "Normal", "Tangent space"),
    ("HEIGHT", "Height", "Fraction of the width of 256 texels; in PNG shifted by 0.5"),
    ("CHANGE", "Change", "How far each point has left its fresh state: lays the pictures over another material"),
)
GREEN = (
    ("OPENGL", "OpenGL", "Up; as Blender wants it"),
    ("DIRECTX", "DirectX", "Down; as Unreal wants it"),
)
