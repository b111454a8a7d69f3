"""Files that are there whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .processes import has_died, mark

_cleared: set[Path] = set()


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; it takes the place of `path` when the block ends without an error.

    A process that is killed leaves what it had begun, hidden; the next one that writes to the folder deletes it.
    """
    _clear_leftovers(path.parent)
    beside = path.with_name(f".{path.name}.{mark()}")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _clear_leftovers(folder: Path) -> None:
    """Delete what processes that have died left in a folder; looked for once, for that is when a process begins."""
    if folder in _cleared:
        return
    _cleared.add(folder)
    for path in folder.glob(".*"):
        if has_died(path.name.rpartition(".")[2]):
            with suppress(OSError):
                path.unlink()
