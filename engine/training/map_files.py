"""Finds the files of PBR texture sets, and their ages.

A folder with one sub-folder an age, or with all files side by side (`NAME_MAP_NUMBER.png`, what `patina synth` writes).
Spellings of maps: see `map_spelling`. Times: see `times`; they are looked for in the sub-folders' names, or in the
files' names without the map; `times.csv` names the sub-folders, or the base colour's files.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..errors import InvalidExemplarError
from .map_spelling import map_of
from .picture_files import is_picture, picture_size
from .times import find_table, timed

Files = dict[str, Path]  # of one age, by map


def find_sets(path: Path) -> list[tuple[str, Files, float]]:
    """(what to call it, its files, its time) for each age of a folder, in order.

    Raises InvalidExemplarError where pictures are no maps, a map is there twice, or times do not rise.
    """
    flat = _by_age(file for file in path.iterdir() if is_picture(file))
    if flat:
        colours = {files["base_color"].name if "base_color" in files else age: age for age, files in flat.items()}
        rows = timed(colours, find_table(path))
        return [(colours[name] or path.name, flat[colours[name]], time) for name, time in rows]
    found: dict[str, Files] = {}
    for folder in sorted(entry for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith(".")):
        pictures = [file for file in folder.iterdir() if is_picture(file)]
        if not pictures:
            continue
        ages = _by_age(pictures, one=True)
        if not ages:
            raise InvalidExemplarError(
                f"The {len(pictures)} picture(s) in {folder.name} are no maps, such as base_color.png or roughness.png",
                "name each after its map, or choose another folder",
            )
        found[folder.name] = ages[""]
    if not found:
        raise InvalidExemplarError(
            f"{path.name} holds no texture sets",
            "give each age a sub-folder with base_color.png, roughness.png and so on",
        )
    rows = timed({name: name for name in found}, find_table(path))
    return [(name, found[name], time) for name, time in rows]


def _by_age(pictures: Iterable[Path], one: bool = False) -> dict[str, Files]:
    """The maps among pictures, by what their names say besides the map; `one`: all belong to one age."""
    ages: dict[str, Files] = {}
    for picture in sorted(pictures):
        spoken = map_of(picture.stem)
        if spoken is None or spoken[0] == "other":
            continue
        kind, age = spoken
        files = ages.setdefault("" if one else age, {})
        if kind in files:
            raise InvalidExemplarError(
                f"{files[kind].name} and {picture.name} are both the {_words(kind)} of one age", "leave one of them"
            )
        files[kind] = picture
    return ages


def common_kinds(sets: list[tuple[str, Files]]) -> set[str]:
    """The maps of every age. Raises InvalidExemplarError where one is missing at an age, or a needed one at all."""
    named = []
    for name, files in sets:
        known = set(files)
        if {"normal", "normal_dx"} <= known:
            known.discard("normal_dx")
        if {"roughness", "gloss"} <= known:
            known.discard("gloss")
        named.append((name, known))
    every = set.union(*(known for _, known in named))
    for name, known in named:
        for kind in sorted(({"base_color", "roughness"} | every) - known):
            if kind == "roughness" and "gloss" in known:
                continue
            raise InvalidExemplarError(
                f"The {_words(kind)} of {name} is missing", "add it as PNG, JPEG or TIFF, with the map in its name"
            )
    return every


def common_size(files: list[Path]) -> tuple[int, int]:
    """(height, width) of all files. Raises InvalidExemplarError where they differ."""
    first = picture_size(files[0])
    for file in files[1:]:
        size = picture_size(file)
        if size != first:
            raise InvalidExemplarError(
                f"{_place(file)} is {size[1]} x {size[0]} texels and {_place(files[0])} {first[1]} x {first[0]}",
                "give all maps one size",
            )
    return first


def _place(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def _words(kind: str) -> str:
    return {"base_color": "base colour", "normal_dx": "normal (DirectX)"}.get(kind, kind)
