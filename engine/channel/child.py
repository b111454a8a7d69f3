"""The child process in which the engine runs, as its parent holds it: start, send, receive, end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import PatinaError
from ..folders import LAUNCH
from .pipe import read_available
from .protocol import LONGEST_MESSAGE, PROTOCOL, decode_answer, encode

if sys.platform == "win32":
    _NO_WINDOW = subprocess.CREATE_NO_WINDOW
else:
    _NO_WINDOW = 0
_CHOOSE_PYTHON = "choose a Python that has torch in Patina's preferences"


class EngineError(PatinaError):
    """The engine's process cannot be started, or has gone."""


class Child:
    """A running engine process. Raises EngineError where it cannot be started."""

    def __init__(self, python: Path, lives: Path, lives_bytes: int):
        self._received = b""
        try:
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        except OSError as error:
            problem = f"There is no room for a temporary file ({error.strerror})"
            raise EngineError(problem, "free space in the temporary folder") from error
        try:
            self._process = subprocess.Popen(
                [python, "-X", "utf8", "-u", LAUNCH, lives, str(lives_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                creationflags=_NO_WINDOW,
            )
        except OSError as error:
            raise EngineError(
                f"The engine's Python {python} cannot be started ({error.strerror})", _CHOOSE_PYTHON
            ) from error
        self.send(type="hello", id=None, protocol=PROTOCOL)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def send(self, **message: Any) -> None:
        """Send one message; a child that has gone is noticed when it is listened to."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(encode(message))
            self._process.stdin.flush()

    def receive(self, timeout: float) -> list[dict[str, Any]]:
        """The messages that have arrived, waiting up to `timeout` seconds for the first.

        Raises EngineError where the process has ended or talks nonsense; its last words are in the sentence.
        """
        assert self._process.stdout is not None
        arrived = read_available(self._process.stdout, timeout)
        if arrived is None:
            raise EngineError(
                f"The engine has stopped{self._last_words()}", "try again; if it stops again, look at its Python"
            )
        *lines, self._received = (self._received + arrived).split(b"\n")
        if len(self._received) > LONGEST_MESSAGE:
            raise EngineError("The engine's answer has no end", _CHOOSE_PYTHON)
        try:
            return [decode_answer(line) for line in lines]
        except ValueError as error:
            raise EngineError(f"The engine's answer cannot be understood ({error!s:.80})", _CHOOSE_PYTHON) from error

    def _last_words(self) -> str:
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - 4000))
        lines = self._errors.read().decode("utf-8", "replace").split("\n")
        words = [line.strip() for line in lines if line.strip()]
        return f" ({words[-1][:200]})" if words else ""

    def end(self) -> bool:
        """End the process: it ends by itself when its input closes, and is made to if it does not.

        Whether somebody else had killed it, with the signal that no process survives.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            status = self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            status = 0
        self._process.stdout.close()
        self._errors.close()
        return status == -9  # SIGKILL, which not every system has a name for
