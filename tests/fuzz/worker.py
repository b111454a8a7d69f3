"""The process in which hostile files are read: one line of JSON in, one out. Its only word is what was seen.

A folder of honest files is read first, so that everything is loaded and it is known what each takes.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

import torch
from patina.engine.errors import PatinaError

from .readers import readers
from .watch import Seen, Watch


def _read(path: Path) -> tuple[str, str]:
    """("read" | "refused" | "bug", sentence or traceback)."""
    outcome, words = "read", ""
    for read in readers(path):
        try:
            read(path)
        except PatinaError as error:
            outcome, words = "refused", str(error)
            if "\n" in words or len(words) > 400:
                return "bug", f"no sentence: {words!r:.1000}"
        except Exception:
            return "bug", traceback.format_exc()
        if "allocate" in words or "MemoryError" in words:
            return "bug", f"asked for more memory than there may be: {words}"
    return outcome, words


def _watched(watch: Watch, path: Path, most_seconds: float) -> tuple[tuple[str, str], Seen]:
    """What a reading came to, and what it did. most_seconds: read again uncounted where it takes longer."""
    with watch.case() as seen:
        told = _read(path)
    if seen.traced and seen.seconds > most_seconds:
        # Thousands of small requests, as a TIFF's nonsense entries are, are slow to count, not to read.
        with watch.case(may_trace=False) as again:
            _read(path)
        seen.seconds = again.seconds
        seen.forbidden += again.forbidden
    return told, seen


def main() -> None:
    honest_folder, scratch = Path(sys.argv[1]), Path(sys.argv[2])
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    torch.set_num_threads(1)
    os.chdir(scratch)
    honest_files = sorted(honest_folder.iterdir())
    for path in honest_files:
        outcome, words = _read(path)
        assert outcome == "read", (path.name, words)
    watch = Watch(trace_every=int(sys.argv[3]))
    honest = dict.fromkeys((path.name for path in honest_files), 0)
    for path in honest_files * watch.trace_every:
        with watch.case() as seen:
            _read(path)
        honest[path.name] = max(honest[path.name], seen.bytes)
    print(json.dumps(honest), file=channel, flush=True)
    for line in sys.stdin:
        (outcome, words), seen = _watched(watch, Path(line.rstrip("\n")), float(sys.argv[4]))
        answer = {"outcome": outcome, "words": words, "seconds": seen.seconds, "bytes": seen.bytes}
        print(json.dumps(answer | {"forbidden": seen.forbidden}), file=channel, flush=True)


if __name__ == "__main__":
    main()
