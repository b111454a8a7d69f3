"""Makes the engine's private environment, in a process of its own on Blender's Python. See `environment` for the files.

Arguments: FOLDER PLATFORM. Says on its output, as JSON lines, how far it is ({"type": "progress", "text", "factor"}),
and at last {"type": "done", ...} or {"type": "error", "cause", "remedy"}. The end of its input cancels it: so it ends
with its Blender. Whatever happens, an environment is named ready only after it has solved something.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, TextIO

from ..files.file_lock import locked
from ..files.whole_files import written_whole
from ..folders import LAUNCH, REQUIREMENTS
from .pip import UNPACKING, Progress, Unpacking, explain
from .place import FORMAT, LOG, PLATFORMS, READY, SetupError, interpreter, packages, requirements_hash

if sys.platform == "win32":
    _NO_WINDOW = subprocess.CREATE_NO_WINDOW
else:
    _NO_WINDOW = 0
_SECONDS_BETWEEN_LOOKS = 0.5
_INSTALLER = REQUIREMENTS / "installer.txt"
# What would make pip install elsewhere than it is told to.
_MISLEADING = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIREMENT", "PIP_CONSTRAINT", "PIP_REQUIRE_VIRTUALENV")
_OF_PYTHON = ("PYTHONHOME", "PYTHONPATH", "PYTHONUSERBASE", "PYTHONSTARTUP", "__PYVENVLAUNCHER__", "VIRTUAL_ENV")


class Maker:
    """One attempt. Everything it does is in the log."""

    def __init__(self, folder: Path, platform: str, channel: BinaryIO, log: TextIO):
        self._folder = folder
        self._platform = platform
        self._channel = channel
        self._log = log
        self._process: subprocess.Popen[str] | None = None
        self._cancelled = False
        self._starting = threading.Lock()  # nothing is started after the wish to end was heard
        self._said: deque[str] = deque(maxlen=40)
        self._environment = folder / _name(folder, platform)
        self._temporary = folder / "temporary"
        threading.Thread(target=self._listen, daemon=True).start()

    def make(self) -> None:
        """Make the environment and name it ready. Raises SetupError."""
        self._clear()
        self._temporary.mkdir()
        self._tell("Making the environment", 0.01)
        self._make_venv()
        self._tell("Updating the installer", 0.03)
        with suppress(SetupError):  # the one that Python brought will do; a newer one resumes what breaks off
            self._pip("Updating the installer", ["--upgrade", "--no-deps", "-r", str(_INSTALLER)])
        self._install()
        self._tell("Trying it", 0.93)
        tried = self._try()
        record: dict[str, object] = {name: tried[name] for name in ("python", "torch", "device")}
        record |= {"format": FORMAT, "environment": self._environment.name, "requirements": requirements_hash()}
        record |= {"platform": self._platform, "made_by": sys.executable}
        with written_whole(self._folder / READY) as beside:
            beside.write_text(json.dumps(record, indent=1), encoding="utf-8")
        self._clear(keep=self._environment)
        shutil.rmtree(self._folder / "downloads", ignore_errors=True)
        self.say(type="done", **record)

    def say(self, **message: object) -> None:
        self._channel.write(json.dumps(message).encode() + b"\n")
        self._channel.flush()

    def _tell(self, text: str, factor: float) -> None:
        self.say(type="progress", text=text, factor=factor)

    def _clear(self, keep: Path | None = None) -> None:
        """Delete what other attempts have left, but not the environment that is in use."""
        spared = {LOG, "downloads", ".lock", READY, keep.name if keep else _ready_name(self._folder)}
        for path in self._folder.iterdir():
            if path.name not in spared:
                shutil.rmtree(path, ignore_errors=True)

    def _make_venv(self) -> None:
        python, target = sys.executable, str(self._environment)
        try:
            self._run("Making the environment", [python, "-I", "-m", "venv", target])
        except SetupError as error:
            # Distributions part ensurepip from Python; a pip of its own can install into another environment.
            with suppress(SetupError):
                self._run("Making the environment", [python, "-I", "-m", "venv", "--clear", "--without-pip", target])
                command = [python, "-I", "-m", "pip", "--python", str(interpreter(self._environment))]
                self._run("Adding pip", [*command, "install", "--no-cache-dir", "-r", str(_INSTALLER)])
                return
            raise SetupError(
                "Blender's Python cannot make an environment: the distribution left out what it takes (venv with pip)",
                "install its package python3-venv, or name a Python that has torch",
            ) from error

    def _install(self) -> None:
        progress, most = Progress(), PLATFORMS[self._platform].most_bytes / 4
        begun, done = threading.Event(), threading.Event()

        def on_line(line: str) -> bool:
            alone = progress.take(line)
            if progress.doing == UNPACKING:
                begun.set()
            else:
                self._tell(progress.doing, round(0.05 + 0.7 * min(1.0, progress.bytes / most), 3))
            return alone

        def watch() -> None:
            begun.wait()
            unpacking = Unpacking(self._folder, PLATFORMS[self._platform].most_bytes)
            while not done.wait(_SECONDS_BETWEEN_LOOKS):
                said, factor = unpacking.look()
                self._tell(said, round(0.75 + 0.17 * factor, 3))

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            self._pip("Installing the packages", packages(self._platform), on_line)
        finally:
            done.set()
            begun.set()
            watcher.join()

    def _pip(self, doing: str, arguments: Sequence[str], on_line: Callable[[str], bool] = lambda _: False) -> None:
        command = [str(interpreter(self._environment)), "-I", "-X", "utf8", "-m", "pip", "install", "--no-input"]
        command += ["--only-binary", ":all:", "--cache-dir", str(self._folder / "downloads")]
        command += ["--disable-pip-version-check", "--no-warn-script-location", *self._pip_can()]
        self._run(doing, [*command, *arguments], on_line)

    def _pip_can(self) -> list[str]:
        """Options that an older pip does not know."""
        pip = next(self._environment.rglob("pip-*.dist-info"), None)
        version = tuple(int(part) for part in pip.name[4:-10].split(".")[:2] if part.isdigit()) if pip else (0,)
        if version < (25, 1):
            return ["--progress-bar", "off"]
        return ["--progress-bar", "raw", "--resume-retries", "20", "--retries", "5"]

    def _try(self) -> dict[str, str]:
        """Import torch and solve something there. Raises SetupError with what is lacking."""
        command = [str(interpreter(self._environment)), "-X", "utf8", str(LAUNCH), "--probe"]
        failure = None
        try:
            self._run("Trying it", command)
        except SetupError as error:
            failure = error
        for line in reversed(self._said):
            with suppress(ValueError, KeyError, TypeError):
                answer = json.loads(line)
                if answer["type"] == "error":
                    raise SetupError(answer["cause"], answer["remedy"])
                if answer["problem"]:
                    raise SetupError(f"The new engine does not work: {answer['problem']}", "choose another platform")
                return answer
        raise failure or SetupError("The new environment gave no answer", "look into the log")

    def _run(self, doing: str, command: Sequence[str], on_line: Callable[[str], bool] = lambda _: False) -> None:
        """Run a command, its words in the log. Raises SetupError where it fails."""
        self._log.write(f"$ {subprocess.list2cmdline(command)}\n")
        self._said.clear()
        with self._starting:
            self._rest_if_cancelled()
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=_clean_environ(self._temporary),
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=sys.platform != "win32",
                creationflags=_NO_WINDOW,
            )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if not on_line(line):
                self._log.write(line)
                self._log.flush()
                self._said.append(line)
        failed = self._process.wait()
        self._rest_if_cancelled()
        if failed:
            raise SetupError(*explain(self._said, doing))

    def _rest_if_cancelled(self) -> None:
        while self._cancelled:  # the other thread tidies up, and ends the process
            time.sleep(1)

    def _listen(self) -> None:
        """Wait for the end of the input, which means that nobody wants this any more."""
        while sys.stdin.buffer.read(1):
            pass
        with self._starting:
            self._cancelled = True
            process = self._process
        if process is not None and process.poll() is None:
            with suppress(OSError):
                if sys.platform == "win32":
                    subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True)
                else:
                    os.killpg(process.pid, signal.SIGKILL)
        if _ready_name(self._folder) != self._environment.name:
            shutil.rmtree(self._environment, ignore_errors=True)
        shutil.rmtree(self._temporary, ignore_errors=True)
        os._exit(3)


def _ready_name(folder: Path) -> str:
    from .place import ready

    environment = ready(folder)
    return environment.folder.name if environment is not None else ""


def _name(folder: Path, platform: str) -> str:
    """A name for the new environment, beside the one that may be in use."""
    stem = f"python{sys.version_info[0]}.{sys.version_info[1]}-{platform.lower()}"
    return f"{stem}-b" if _ready_name(folder) == stem else stem


def _clean_environ(temporary: Path) -> dict[str, str]:
    """The variables for a command: none that leads pip or Python astray, and room for temporary files on this disk."""
    environ = {name: value for name, value in os.environ.items() if name not in (*_MISLEADING, *_OF_PYTHON)}
    environ |= {"PIP_USER": "0", "PYTHONNOUSERSITE": "1", "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}
    return environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))


def main(channel: BinaryIO) -> None:
    """Make an environment as the arguments say."""
    folder, platform = Path(sys.argv[1]), sys.argv[2]
    with locked(folder / ".lock") as mine, (folder / LOG).open("w", encoding="utf-8") as log:
        maker = Maker(folder, platform, channel, log)
        try:
            if not mine:
                raise SetupError(
                    "The engine is being installed by another Blender, or tidied up after one", "try again in a moment"
                )
            maker.make()
        except SetupError as error:
            log.write(f"{error}\n")
            maker.say(type="error", cause=error.cause, remedy=error.remedy)
        except OSError as error:
            log.write(f"{error!r}\n")
            maker.say(
                type="error",
                cause=f"{error.filename or folder} cannot be written ({error.strerror})",
                remedy="check the folder's rights and the space on its disk",
            )
