"""Which map a file holds, by the ways in which texture libraries spell it."""

from __future__ import annotations

import re

_SPELLINGS = {
    "base_color": "basecolor basecolour basecol albedo diffuse diff color colour col",
    "metallic": "metallic metalness metallness metal met mtl",
    "roughness": "roughness rough rgh",
    "gloss": "gloss glossiness glossy smoothness",
    "normal": "normal norm nor nrm nml normals normalmap normalgl normalopengl norgl nrmgl normgl",
    "normal_dx": "normaldx normaldirectx nordx nrmdx normdx",
    "height": "height heightmap displacement displace disp dsp",
    # So that rusty_metal_ao.png is no map of metal.
    "other": "ao ambientocclusion occlusion arm orm rma mra specular spec reflection opacity alpha mask emission "
    "emissive bump cavity curvature edge translucency anisotropy preview thumb thumbnail render sphere id",
}
_KINDS = {spelling: kind for kind, spellings in _SPELLINGS.items() for spelling in spellings.split()}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def map_of(stem: str) -> tuple[str, str] | None:
    """The map that a file name without its ending speaks of, and the name without it; None if it speaks of none.

    The last spelling counts: painted_metal_rough_0012 is the roughness of painted_metal_0012. Words may be joined in
    any way (base_color, BaseColor, base-colour). "gloss" is inverse roughness, "normal" is OpenGL's (y up) unless it
    says DX, "other" a map that Patina has no use for.
    """
    words = list(_WORD.finditer(stem))
    for last in range(len(words) - 1, -1, -1):
        for first in (last - 1, last):  # normal_dx before normal
            if first < 0 or _is_a_name(words[last], stem):
                continue
            kind = _KINDS.get("".join(word.group().lower() for word in words[first : last + 1]))
            if kind:
                end = last + 1 if [word.group().lower() for word in words[last + 1 : last + 2]] == ["map"] else last
                left, right = stem[: words[first].start()], stem[words[end].end() :]
                return kind, (left.rstrip("_-. ") + right).lstrip("_-. ")
    return None


def _is_a_name(word: re.Match[str], stem: str) -> bool:
    """Metal032.png is a picture of the material Metal032, and no map of metal."""
    return word.group().lower() == "metal" and stem[word.end() : word.end() + 1].isdecimal()
