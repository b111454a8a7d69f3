"""A job of `launch.py` that says how far it is, as its parent holds it: making an environment, or trying a Python."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..channel.pipe import read_available
from ..channel.protocol import LONGEST_MESSAGE, decode
from ..folders import LAUNCH
from .place import SetupError

if sys.platform == "win32":
    _NO_WINDOW = subprocess.CREATE_NO_WINDOW
else:
    _NO_WINDOW = 0
_PATIENCE = 3.0  # seconds that whoever cancels waits for the job's end


class Task:
    """A running job. Never blocks but in `cancel`. Raises SetupError where it cannot be started.

    makes: whether it makes something, in a Python that hears of nothing outside, and tidies up when it is cancelled.
    """

    def __init__(self, python: Path, arguments: Sequence[str], *, makes: bool = False):
        self._makes = makes
        self.text, self.factor = "Starting", 0.0
        self._received = b""
        self._answer: dict[str, Any] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        options = ["-I"] if makes else []
        try:
            self._process = subprocess.Popen(
                [str(python), *options, "-X", "utf8", "-u", str(LAUNCH), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                creationflags=_NO_WINDOW,
            )
        except OSError as error:
            raise SetupError(
                f"{python} cannot be started ({error.strerror})", "choose a Python in Patina's preferences"
            ) from error

    @property
    def pid(self) -> int:
        """The process, for tests."""
        return self._process.pid

    def poll(self, timeout: float = 0.0) -> dict[str, Any] | None:
        """Take in what was said, waiting up to `timeout` seconds for it; the answer once there is one.

        Raises SetupError with the job's own words where it failed, or with its last ones where it died.
        """
        assert self._process.stdout is not None
        while (arrived := read_available(self._process.stdout, timeout)) != b"":
            if arrived is None:
                return self._end()
            *lines, self._received = (self._received + arrived).split(b"\n")
            if len(self._received) > LONGEST_MESSAGE:
                self.cancel()
                raise SetupError("The answer has no end", "choose another Python in Patina's preferences")
            for line in lines:
                self._take(line)
            timeout = 0.0
        return None

    def _take(self, line: bytes) -> None:
        try:
            message = decode(line)
            if message["type"] == "progress":
                self.text, self.factor = str(message["text"]), float(message["factor"])
            else:
                self._answer = message
        except (ValueError, KeyError, TypeError) as error:
            self.cancel()
            raise SetupError(
                "The answer cannot be understood", "choose another Python in Patina's preferences"
            ) from error

    def _end(self) -> dict[str, Any]:
        self._process.wait()
        words = self._last_words()
        self._close()
        if self._answer is None:
            raise SetupError(f"The process has stopped{words}", "try again; if it stops again, look into the log")
        if self._answer["type"] == "error":
            raise SetupError(str(self._answer.get("cause")), str(self._answer.get("remedy")))
        return self._answer

    def _last_words(self) -> str:
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - 4000))
        lines = [line.strip() for line in self._errors.read().decode("utf-8", "replace").splitlines() if line.strip()]
        return f" ({lines[-1][:200]})" if lines else ""

    def cancel(self) -> None:
        """End the job: it ends itself when its input does. One that makes something may take its time to tidy up."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            if not self._makes:
                self._process.kill()
                self._process.wait()
        self._close()

    def _close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            with suppress(OSError):
                stream.close()  # type: ignore[union-attr]
