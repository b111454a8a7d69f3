"""A command of Patina in a process that outlives the one that starts it, its words in a file."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..folders import LAUNCH
from .child import EngineError

_DETACHED: dict[str, Any]
if sys.platform == "win32":
    _DETACHED = {
        "creationflags": subprocess.DETACHED_PROCESS
        | subprocess.CREATE_NEW_PROCESS_GROUP
        | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    }
else:
    _DETACHED = {"start_new_session": True}  # no terminal and no group whose end it would share
_LONGEST_LINE = 4000  # bytes


def start_detached(python: Path, arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start `patina ARGUMENTS` on the interpreter `python`; what it prints is appended to `log`.

    Raises EngineError where the interpreter cannot be started or the log cannot be written.
    """
    try:
        with log.open("ab") as words:
            words.write(f"$ patina {shlex.join(arguments)}\n".encode())
            words.flush()
            return subprocess.Popen(
                [python, "-X", "utf8", "-u", LAUNCH, "--command", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                **_DETACHED,
            )
    except OSError as error:
        what = f"{log} cannot be written" if error.filename == str(log) else f"{python} cannot be started"
        raise EngineError(
            f"{what} ({error.strerror})", "check the engine's Python and the folders in Patina's preferences"
        ) from error


def last_line(log: Path) -> str:
    """The last line that a command printed; empty where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LONGEST_LINE))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
