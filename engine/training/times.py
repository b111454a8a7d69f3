"""When each picture was taken: a table beside the pictures, else what their names say, else evenly spaced.

Any unit will do; only the proportions count. In this order:
1. `times.csv` in the folder, two columns: name, time (a number, or a date as 2024-05-01 or 2024-05-01 12:30).
2. A date in every name, with or without a time of day (IMG_20240501_123000.jpg), if no two are the same.
3. A number in every name, if exactly one of them differs from name to name (rust_day_012.png, rust_0.25.png).
4. Evenly spaced, in the order of the names, where 9 comes before 10.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

from ..errors import InvalidExemplarError

TABLE = "times.csv"
_LARGEST_TABLE = 1 << 20  # bytes
_LARGEST_TIME = 1e15
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])"
    r"(?:[-_.T ]?([01]\d|2[0-3])[-_.:h]?([0-5]\d)(?:[-_.:m]?([0-5]\d)(\d{3})?)?)?(?!\d)"
)


def timed(labels: Mapping[str, str], table: Path | None) -> list[tuple[str, float]]:
    """Names in the order of their times, and these.

    labels: by name, the text in which a date or number is looked for. table: the `times.csv`, if there is one.
    Raises InvalidExemplarError where times do not rise, or the table and the names do not agree.
    """
    if table is not None:
        return _from_table(labels, table)
    times = _dates(labels) or _numbers(labels)
    if times is None:
        return [(name, float(index)) for index, name in enumerate(sorted(labels, key=_natural))]
    rows = sorted(times.items(), key=lambda row: (row[1], _natural(row[0])))
    for (name, time), (next_name, next_time) in pairwise(rows):
        if time == next_time:
            raise InvalidExemplarError(
                f"{name} and {next_name} have the same number and so the same time",
                f"number each picture once, or write a {TABLE}",
            )
    return rows


def ages_of(times: list[float]) -> np.ndarray:
    """Rising times as ages [N] float64 from 0 to 1."""
    since = np.asarray(times, np.float64) - times[0]
    return since / since[-1]


def find_table(folder: Path) -> Path | None:
    """The `times.csv` of a folder, in any case of letters."""
    return next((file for file in sorted(folder.iterdir()) if file.name.lower() == TABLE), None)


def _natural(name: str) -> list[str | int]:
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name.casefold())]


def _dates(labels: Mapping[str, str]) -> dict[str, float] | None:
    found = {name: _DATE.search(label) for name, label in labels.items()}
    times = {}
    for name, match in found.items():
        if match is None:
            return None
        year, month, day, hour, minute, second, millisecond = (int(part or 0) for part in match.groups())
        try:
            moment = datetime(year, month, day, hour, minute, second, 1000 * millisecond, UTC)
        except ValueError:  # the 31st of February is a number
            return None
        times[name] = moment.timestamp()
    return times if len(set(times.values())) == len(times) else None


def _numbers(labels: Mapping[str, str]) -> dict[str, float] | None:
    found = {name: [float(number) for number in _NUMBER.findall(label)] for name, label in labels.items()}
    if len({len(numbers) for numbers in found.values()}) != 1:
        return None
    differing = [place for place, numbers in enumerate(zip(*found.values(), strict=True)) if len(set(numbers)) > 1]
    if len(differing) != 1:
        return None
    return {name: numbers[differing[0]] for name, numbers in found.items()}


def _from_table(labels: Mapping[str, str], table: Path) -> list[tuple[str, float]]:
    rows = _rows(table)
    if rows and _time(rows[0][1]) is None:
        rows = rows[1:]  # the header
    timed: dict[str, float] = {}
    previous = -np.inf
    for name, text in rows:
        time = _time(text)
        if time is None:
            raise InvalidExemplarError(f"{table.name} gives {name} the time {text!r:.40}", "write a number or a date")
        if name not in labels:
            raise InvalidExemplarError(f"{table.name} names {name}, which is not there", "correct the name")
        if name in timed:
            raise InvalidExemplarError(f"{table.name} names {name} twice", "leave one of the two lines")
        if time <= previous:
            happens = "appears twice" if time == previous else "runs backwards"
            raise InvalidExemplarError(f"In {table.name} the time {happens} at {name}", "let it rise from line to line")
        timed[name] = previous = time
    missing = sorted(labels.keys() - timed.keys(), key=_natural)
    if missing:
        raise InvalidExemplarError(f"{table.name} does not name {missing[0]}", "add its time, or remove the picture")
    return list(timed.items())


def _rows(table: Path) -> list[tuple[str, str]]:
    """The two columns, separated by commas, semicolons (as where the decimal mark is a comma) or tabs."""
    try:
        if table.stat().st_size > _LARGEST_TABLE:
            raise InvalidExemplarError(f"{table.name} is larger than a megabyte", "keep one line for each picture")
        text = table.read_text(encoding="utf-8-sig")
        separator = next((mark for mark in ";\t" if mark in text), ",")
        lines = [[cell.strip() for cell in line] for line in csv.reader(io.StringIO(text), delimiter=separator)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidExemplarError(f"{table.name} cannot be read as text", "save it as CSV in UTF-8") from error
    rows = []
    for cells in lines:
        while cells and not cells[-1]:
            cells.pop()
        if cells and len(cells) != 2:
            raise InvalidExemplarError(
                f"A line of {table.name} is not a name and a time ({', '.join(cells):.60})", "use two columns"
            )
        if cells:
            rows.append((cells[0], cells[1].replace(",", ".") if separator == ";" else cells[1]))
    return rows


def _time(text: str) -> float | None:
    try:
        if re.match(r"\d{4}-\d\d-\d\d", text):
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) <= _LARGEST_TIME else None  # also not a number
