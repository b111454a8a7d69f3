"""What an archive of an atlas may say of itself (see `archive`): a stranger's is checked before it is believed."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from ..maps.map_names import CHANGE, MAPS
from .layout import FEWEST_AGES, HALVES, MOST_AGES, SCALARS, atlas_bytes

FORMAT = 2
_LARGEST_ATLAS = 256 << 20  # bytes in memory
_LEAST_INTERVAL = 1e-4  # between two ages: its inverse is a number of the node group
_LARGEST = 1e6  # of any number
_NO_NAME = set('/\\:<>"|?*\0')


def wrong_in(record: Any) -> str:
    """What cannot be in a record, in words; empty where nothing is."""
    if not isinstance(record, dict):
        return "its record is no object"
    made, stem = record.get("format", 1), record.get("stem")
    if made not in (1, FORMAT) or isinstance(made, (bool, float)):
        return "its format is unknown: a newer Patina made it"
    checks = {
        "sha256": lambda v: isinstance(v, str) and len(v) == 64,
        "seed": lambda v: _whole(v, 0, (1 << 31) - 1),
        "extent": lambda v: _whole(v, 64, 4096),
        "bits": lambda v: _whole(v, 8, 8) or (made == 1 and _whole(v, 16, 16)),
        "ages": _are_ages,
        "bounds": lambda v: isinstance(v, dict) and all(_is_bound(bound) for bound in _bounds_in(v)),
        "shares": _are_shares,
        "decibels": lambda v: isinstance(v, dict) and set(v) - {CHANGE} == set(MAPS) and all(map(_finite, v.values())),
        "enough": lambda v: v is None or _whole(v, FEWEST_AGES, MOST_AGES),
    }
    for name, check in checks.items():
        if not check(record.get(name, {}) if name == "shares" else record.get(name)):
            return f"what it says of {name!r} cannot be"
    if not isinstance(stem, str) or not 0 < len(stem) <= 200 or Path(stem).name != stem or set(stem) & _NO_NAME:
        return "what it says of 'stem' cannot be"
    if atlas_bytes(record["extent"], len(record["ages"]), record["bits"]) > _LARGEST_ATLAS:
        return "it would take too much memory"
    return ""


def _finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= _LARGEST


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _are_ages(value: Any) -> bool:
    if not isinstance(value, list) or not FEWEST_AGES <= len(value) <= MOST_AGES or not all(map(_finite, value)):
        return False
    return value[0] == 0 and value[-1] == 1 and all(later - age >= _LEAST_INTERVAL for age, later in pairwise(value))


def _bounds_in(value: dict[Any, Any]) -> list[Any]:
    """Those of the scalar maps, and of the normal, which earlier Patinas did not bound."""
    return [value.get(name) for name in SCALARS] + ([value["normal"]] if "normal" in value else [])


def _is_bound(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != 4 or not all(map(_finite, value)):
        return False
    low, high, least, most = value
    return bool(low < high and least <= most)


def _are_shares(value: Any) -> bool:
    """{map or departure: {map with halves: share}}."""
    return isinstance(value, dict) and all(
        isinstance(own, dict) and set(own) <= set(HALVES) and all(map(_finite, own.values())) for own in value.values()
    )
