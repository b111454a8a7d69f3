"""pip, run by the environment's own Python: what it says, as progress and as a sentence where it fails."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
_DOWNLOAD = re.compile(r"\s*Downloading (?:\S*/)?([A-Za-z0-9_.]+)-[^\s/]*\.whl(?: \(([\d.]+ \wB)\))?")
UNPACKING = "Unpacking"  # during which pip says nothing, for minutes
_AGAIN = "try again: what has been downloaded whole is kept"
# What pip writes, and what it means; the first that fits counts.
_FAILURES: tuple[tuple[str, str, str], ...] = (
    (r"No space left on device|Errno 28|not enough space", "The disk is full", "free some space, then try again"),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError",
        "The package index cannot be trusted (its certificate is not known here)",
        "ask who runs this network; pip's setting 'cert' names a certificate of your own",
    ),
    (r"DO NOT MATCH THE HASHES|hash mismatch", "A download arrived damaged", _AGAIN),
    (
        r"BadZipFile|is invalid|Wheel .* invalid|has an invalid wheel|Could not install.*corrupt|File is not a zip file"
        r"|not a supported wheel|InvalidWheel|invalid metadata|\.dist-info directory not found|RECORD",
        "A package is damaged",
        "try again; if it stays so, tell who keeps the package index",
    ),
    (
        r"(?:No matching distribution found for|satisfies the requirement) (\S+)",
        "The package index has no {} for this Python and system, or cannot be reached",
        "check the network, or choose another platform",
    ),
    (
        r"Connection|Timeout|timed out|Temporary failure|Network is unreachable|IncompleteRead|ProtocolError"
        r"|incomplete-download|Download failed|HTTPError|Max retries",
        "The download broke off",
        _AGAIN,
    ),
    (r"Permission denied|Errno 13|Access is denied", "A file may not be written", "check the rights of the folder"),
)


class Progress:
    """How far pip's downloads are, from its lines."""

    def __init__(self) -> None:
        self.doing = "Resolving"
        self.bytes = 0
        self._before = 0

    def take(self, line: str) -> bool:
        """Take a line in; whether it was one about progress alone, which no log needs."""
        if found := _PROGRESS.fullmatch(line.strip()):
            self.bytes = self._before + int(found[1])
            return True
        if found := _DOWNLOAD.match(line):
            self._before = self.bytes
            self.doing = f"Downloading {found[1]}" + (f" ({found[2]})" if found[2] else "")
        elif line.startswith("Installing collected packages"):
            self.doing = UNPACKING
        return False


class Unpacking:
    """How far pip is in unpacking, by what the disk has less since then.

    most_bytes: what downloads and environment take together, of which about half are the environment's.
    """

    def __init__(self, folder: Path, most_bytes: int):
        self._folder = folder
        self._expected = most_bytes / 2
        self._free = shutil.disk_usage(folder).free
        self._furthest = 0

    def look(self) -> tuple[str, float]:
        """(what is done and how many gigabytes of it, how far in [0, 1])."""
        self._furthest = max(self._furthest, self._free - shutil.disk_usage(self._folder).free)
        return f"{UNPACKING} ({self._furthest / 1e9:.1f} GB)", min(1.0, self._furthest / self._expected)


def explain(lines: Iterable[str], doing: str) -> tuple[str, str]:
    """(cause, remedy) of a failure, from the last lines that were said while `doing`."""
    last = [line.strip() for line in lines if line.strip()]
    text = "\n".join(last)
    for pattern, cause, remedy in _FAILURES:
        if found := re.search(pattern, text, re.IGNORECASE):
            return cause.format(*(group[:60] for group in found.groups())), remedy
    errors = [line for line in last if line.upper().startswith("ERROR")] or last[-1:] or ["no word was said"]
    return f"{doing} failed ({errors[-1][:160]})", "look into the log"
