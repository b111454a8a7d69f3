"""The private environment in which the engine runs: where it lies, whether it is ready, and which torch it gets.

    FOLDER/ready.json    names the environment that is whole and was tried; there last, and gone first
    FOLDER/NAME/         an environment (venv); one that ready.json does not name is unfinished or left over
    FOLDER/downloads/    what was downloaded whole, until an environment is ready: to go on from
    FOLDER/setup.log     what was done, the last time

Plain Python: Blender reads it here, and the process that makes it runs on Blender's interpreter.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import PatinaError
from ..folders import REQUIREMENTS

FORMAT = 1
READY = "ready.json"
LOG = "setup.log"
_PACKAGES = REQUIREMENTS / "engine.txt"
_CONSTRAINTS = REQUIREMENTS / "engine-constraints.txt"  # the versions of what those need in turn
_INDEX = "https://download.pytorch.org/whl/"
_GIGABYTE = 10**9


class SetupError(PatinaError):
    """An environment that cannot be made, used or removed."""


@dataclass(frozen=True)
class Platform:
    """What torch computes on. build: the suffix of torch's version, which is also the name of its index; empty for
    the build that the ordinary package index has. most_bytes: what downloads and environment take together."""

    label: str
    description: str
    systems: tuple[str, ...]
    build: str
    most_bytes: int


PLATFORMS = {
    "CPU": Platform("CPU", "Any computer; slowest", ("linux", "win32"), "cpu", 2 * _GIGABYTE),
    "CUDA": Platform("NVIDIA (CUDA 13)", "An NVIDIA GPU; large", ("linux", "win32"), "cu130", 12 * _GIGABYTE),
    "ROCM": Platform("AMD (ROCm 7)", "An AMD GPU on Linux; large", ("linux",), "rocm7.2", 24 * _GIGABYTE),
    "APPLE": Platform("Apple", "The GPU of a Mac with Apple's chip", ("darwin",), "", 2 * _GIGABYTE),
    "INDEX": Platform(
        "Package Index's Own",
        "Whatever build the configured package index has: for mirrors and folders of packages",
        ("linux", "win32", "darwin"),
        "",
        (12 if sys.platform == "linux" else 2) * _GIGABYTE,  # Linux's ordinary build brings all that NVIDIA's GPUs need
    ),
}


@dataclass(frozen=True)
class Environment:
    """An environment that was whole and worked when it was made. record: versions and device, as they were then."""

    folder: Path
    record: dict[str, Any]

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return interpreter(self.folder)

    @property
    def is_current(self) -> bool:
        """Whether it has the versions that this Patina asks for."""
        return self.record.get("requirements") == requirements_hash()

    def describe(self) -> str:
        """What it is, for people."""
        return f"Python {self.record['python']}, torch {self.record['torch']}, on {self.record['device']}"


def interpreter(environment: Path) -> Path:
    """The Python of a venv."""
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def requirements_hash() -> str:
    """What decides an environment's versions, as one word."""
    return hashlib.sha256(_PACKAGES.read_bytes() + _CONSTRAINTS.read_bytes()).hexdigest()


def ready(folder: Path) -> Environment | None:
    """The environment that `folder` holds ready, if it does; its Python may have been removed since."""
    try:
        record = json.loads((folder / READY).read_text(encoding="utf-8"))
        name = record["environment"]
        texts = (name, record["python"], record["torch"], record["device"], record["requirements"])
        if record["format"] != FORMAT or not all(isinstance(text, str) for text in texts):
            return None
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return Environment(folder / name, record) if name and Path(name).name == name else None


def detect() -> str:
    """The platform that fits this computer, by what its drivers leave on disk."""
    if sys.platform == "darwin":
        return "APPLE"
    windows = Path(os.environ.get("SYSTEMROOT", "C:/Windows"))
    if sys.platform == "win32":
        return "CUDA" if (windows / "System32" / "nvcuda.dll").exists() else "CPU"
    if Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi"):
        return "CUDA"
    return "ROCM" if Path("/dev/kfd").exists() else "CPU"


def check_room(folder: Path, platform: str) -> None:
    """Raise SetupError where `folder`'s disk has too little space left for an environment."""
    needed, free = PLATFORMS[platform].most_bytes, shutil.disk_usage(folder).free
    if free < needed:
        raise SetupError(
            f"The engine for {PLATFORMS[platform].label} needs {needed / _GIGABYTE:.0f} GB on the disk of {folder}, "
            f"and {free / _GIGABYTE:.1f} GB are free",
            "free some space",
        )


def packages(platform: str) -> list[str]:
    """What pip is asked for: the pinned packages, with the build of torch for `platform` and where that lies."""
    build = PLATFORMS[platform].build
    lines = [line.partition("#")[0].strip() for line in _PACKAGES.read_text(encoding="utf-8").splitlines()]
    names = [f"{line}+{build}" if build and line.startswith("torch==") else line for line in lines if line]
    index = ["--extra-index-url", _INDEX + build] if build else []
    return [*index, "--constraint", str(_CONSTRAINTS), *names]


def remove(folder: Path) -> None:
    """Delete everything in `folder`. Raises SetupError where something is in use."""
    try:
        (folder / READY).unlink(missing_ok=True)  # from here on nothing is ready, whatever stays behind
        while folder.exists():
            with suppress(FileNotFoundError):  # an installer that was cancelled tidies up at the same time
                shutil.rmtree(folder)
    except OSError as error:
        raise SetupError(
            f"{error.filename} cannot be deleted ({error.strerror})", "close what uses it, then try again"
        ) from error
