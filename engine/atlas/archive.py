"""The ready-made atlas of a model as one file, read without torch and checked before it is believed.

A zip: `atlas.json`, the record (see `make.make_atlas`, and what it was made from), and for each picture an entry of
that name with the texels of all ages without their margins, uint8 [channel, age, row, column], first as differences
along the ages, then along the rows, modulo 256. Neighbours are alike, so that packs to half of what PNGs take. Before
format 2 there was a PNG file for each tile instead, with its margins.
"""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import PatinaError
from ..files.whole_files import written_whole
from .layout import PICTURES, margin_texels, side_texels, tile_file, tile_number
from .record import FORMAT, wrong_in

RECORD = "atlas.json"
_CHANNELS = 4
_LARGEST_FILE = 32 << 20  # bytes; one that comes with Patina has 3 MB
_LARGEST_RECORD = 1 << 16
_REMEDY = "install Patina again, or set up the engine and bake an atlas"


class InvalidAtlasError(PatinaError):
    """An archive of an atlas that is not to be believed."""


def write_archive(path: Path, record: Mapping[str, Any], pictures: Mapping[str, np.ndarray]) -> None:
    """Write an archive whole or not at all; the same bytes for the same content. pictures: uint8 [n, E, E, 4] each."""
    entries = {RECORD: json.dumps({"format": FORMAT, **record}).encode()}
    entries |= {name: _differences(pictures[name]).tobytes() for name in PICTURES}
    with written_whole(path) as beside, zipfile.ZipFile(beside, "w") as archive:
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)


def read_record(path: Path) -> dict[str, Any]:
    """The checked record of an archive. Raises InvalidAtlasError."""
    with _Archive(path) as archive:
        return archive.record()


def read_tiles(path: Path) -> Iterator[tuple[str, int, np.ndarray | bytes]]:
    """The tiles of an archive, each with its picture and number: uint8 [side, side, 4] with margins, or a PNG file.

    Raises InvalidAtlasError.
    """
    with _Archive(path) as archive:
        record = archive.record()
        extent, count = record["extent"], len(record["ages"])
        for picture in PICTURES:
            if record.get("format", 1) == 1:
                for index in range(count):
                    number = tile_number(index)
                    name = tile_file(Path(), record["stem"], picture, number).name
                    yield picture, number, archive.png(name, side_texels(extent), record["bits"])
                continue
            size = _CHANNELS * count * extent * extent
            packed = np.frombuffer(archive.read(picture, size, exactly=True), np.uint8)
            margin = margin_texels(extent)
            for index, texels in enumerate(_summed(packed.reshape(_CHANNELS, count, extent, extent))):
                tile = np.pad(texels, ((margin, margin), (margin, margin), (0, 0)), "wrap")
                yield picture, tile_number(index), tile


class _Archive:
    """An open archive. Whatever is wrong with it becomes an InvalidAtlasError."""

    def __init__(self, path: Path):
        self._path = path

    def __enter__(self) -> _Archive:
        try:
            if self._path.stat().st_size > _LARGEST_FILE:
                raise self._invalid("it is too large")
            self._zip = zipfile.ZipFile(self._path)
        except _UNREADABLE as error:
            raise self._invalid(str(error)) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def record(self) -> dict[str, Any]:
        """What the archive says of itself, checked."""
        try:
            record = json.loads(self.read(RECORD, _LARGEST_RECORD))
        except (ValueError, RecursionError) as error:
            raise self._invalid("its record is no JSON") from error
        wrong = wrong_in(record)
        if wrong:
            raise self._invalid(wrong)
        return dict(record)

    def read(self, name: str, most: int, *, exactly: bool = False) -> bytes:
        """An entry of at most, or exactly, so many bytes: no more are unpacked, whatever it says."""
        try:
            about = self._zip.getinfo(name)
            if about.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise self._invalid(f"{name} is packed in a way that is not known")
            with self._zip.open(about) as entry:
                content = entry.read(most + 1)
        except (*_UNREADABLE, KeyError) as error:
            raise self._invalid(str(error)) from error
        if len(content) > most or (exactly and len(content) < most):
            raise self._invalid(f"{name} has another size than it says")
        return content

    def png(self, name: str, side: int, bits: int) -> bytes:
        """A tile as a PNG file that says of itself that it is square, of that side and of those bits a channel."""
        content = self.read(name, 2 * side * (side * _CHANNELS * bits // 8 + 1) + (1 << 16))
        start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIB", 13, b"IHDR", side, side, bits)
        if not content.startswith(start):
            raise self._invalid(f"{name} is no picture of {side} x {side} texels")
        return content

    def _invalid(self, why: str) -> InvalidAtlasError:
        return InvalidAtlasError(f"The atlas {self._path.name} cannot be read ({why})", _REMEDY)


# RuntimeError: an entry is encrypted.
_UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error, struct.error)


def _differences(pictures: np.ndarray) -> np.ndarray:
    """[n, E, E, 4] as it is stored, [4, n, E, E]."""
    values = np.moveaxis(pictures, -1, 0)
    for axis in (1, 3):
        values = np.diff(values, axis=axis, prepend=np.uint8(0))
    return np.ascontiguousarray(values)


def _summed(stored: np.ndarray) -> np.ndarray:
    """What `_differences` made of [n, E, E, 4]."""
    for axis in (3, 1):
        stored = np.cumsum(stored, axis=axis, dtype=np.uint8)
    return np.moveaxis(stored, 0, -1)
