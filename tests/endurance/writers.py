"""A bake (the whole Blender process) and a training killed at random moments, and gone on with until they are done."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .blender import PACKAGE, ROOT

_PATIENCE = 900.0  # seconds; only a hang takes so long
_FRAMES = "1-8"


@dataclass
class Report:
    """kills, finished: by kind. left: hidden parts of files that kills left behind. problems: what went wrong."""

    kills: Counter[str] = field(default_factory=Counter)
    finished: Counter[str] = field(default_factory=Counter)
    left: int = 0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"kills {dict(self.kills)}, brought to the end {dict(self.finished)}, hidden parts left {self.left}, "
            f"{len(self.problems)} problems {self.problems[:3]}"
        )


@dataclass(frozen=True)
class Work:
    """command: begins it or goes on. outcome: what must be the same in the end. broken: files that are not whole."""

    kind: str
    command: list[str]
    folder: Path
    outcome: Callable[[Path], Any]
    broken: Callable[[Path], list[str]]

    def start(self) -> subprocess.Popen[bytes]:
        # A process group of its own: only it is killed, as a crash or a person does; its engine has to notice.
        return subprocess.Popen(self.command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def run(
    work: Work,
    count: int,
    report: Report,
    seed: int,
    seconds: float,
    tell: Callable[[str], None] = lambda text: None,
) -> None:
    """Kill so often, or for so long, beginning anew whenever the work is done."""
    until = time.monotonic() + seconds
    process = work.start()
    began = time.monotonic()
    _, words = process.communicate(timeout=_PATIENCE)
    if process.returncode:
        raise RuntimeError(words.decode()[-2000:])
    undisturbed, longest = work.outcome(work.folder), time.monotonic() - began
    chance = random.Random(seed)
    _clear(work.folder)
    while report.kills[work.kind] < count and time.monotonic() < until:
        if _survives(work, chance.uniform(0, longest), report):
            _judge(work, undisturbed, report)
            _clear(work.folder)
        tell(str(report))
    if work.folder.exists() and _survives(work, _PATIENCE, report):
        _judge(work, undisturbed, report)


def _survives(work: Work, moment: float, report: Report) -> bool:
    """Let the work go on until it is done or the moment has come. Whether it is done."""
    process = work.start()
    try:
        _, words = process.communicate(timeout=moment)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        report.kills[work.kind] += 1
        parts = [path for path in work.folder.rglob(".*") if not path.name.endswith(".lock")]
        report.left += len(parts)
        report.problems += [f"{work.kind}: {broken}" for broken in work.broken(work.folder)]
        return False
    if process.returncode:
        report.problems.append(f"{work.kind} ended with {process.returncode}: {words.decode()[-400:]}")
    return True


def _judge(work: Work, undisturbed: Any, report: Report) -> None:
    report.finished[work.kind] += 1
    if work.outcome(work.folder) != undisturbed:
        report.problems.append(f"{work.kind}: another result than undisturbed")
    hidden = [path.name for path in work.folder.rglob(".*") if not path.name.endswith(".lock")]
    if hidden:
        report.problems.append(f"{work.kind}: still there at the end: {hidden}")


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def baking(folder: Path, model: str, extent: int) -> Work:
    """A saved shot, and its bake as a farm runs it. Made in the Blender of this process, run in others."""
    import bpy
    from stage import age_stage

    age_stage(model, extent)
    shot = folder / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(shot))
    target = folder / "baked"
    target.mkdir()
    arguments = ["bake", str(shot), "--folder", str(target), "--frames", _FRAMES]
    command = [sys.executable, "-m", "tests.endurance.writers", *arguments]
    return Work("bake", command, target, _contents, broken_pictures)


def training(folder: Path) -> Work:
    """A small training; footage and settings in which a check comes every few steps."""
    sys.path.insert(0, str(ROOT / "tests" / "engine"))
    from footage import darkening_frames, write_frames

    target = folder / "trained"
    target.mkdir()
    exemplar = write_frames(folder / "footage", darkening_frames(extent=32))
    sizes = ["--size=16", "--width=8", "--iterations=10", "--duration=1", "--texels=24"]
    program = "import sys; from patina.engine.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "train", str(exemplar), str(target / "rust.safetensors"), "--kind=rgb"]
    command += sizes
    return Work("training", command, target, model_of, broken_training)


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


def model_of(folder: Path) -> tuple[bytes, dict[str, Any]]:
    """The tensors of a trained model, and its header without the seconds that it took."""
    content = (folder / "rust.safetensors").read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    told = {name: json.loads(value) if value[:1] in "{[" else value for name, value in header["__metadata__"].items()}
    return content[8 + length :], _without_seconds(told)


def _without_seconds(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_seconds(inner) for name, inner in value.items() if name not in ("seconds", "sha256")}
    return value


def broken_pictures(folder: Path) -> list[str]:
    """Files under their own names that cannot be read to their end."""
    broken = []
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        try:
            if path.suffix == ".png":
                _read_png(path.read_bytes())
            elif path.suffix == ".json":
                json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, struct.error, zlib.error) as error:
            broken.append(f"{path.name}: {error}")
    return broken


def _read_png(content: bytes) -> None:
    """Every chunk with its checksum, and all pixels. (Blender's Python has no Pillow, which forgives some.)"""
    place, kind, packed = 8, b"", b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, place)
        body = content[place + 4 : place + 8 + length]
        if zlib.crc32(body) != struct.unpack_from(">I", content, place + 8 + length)[0]:
            raise ValueError(f"{kind!r} is damaged")
        packed += body[4:] if kind == b"IDAT" else b""
        place += 12 + length
    zlib.decompress(packed)
    if place != len(content):
        raise ValueError("more than a picture")


def broken_training(folder: Path) -> list[str]:
    """Files of a training that cannot be read: pictures, progress, checkpoint, model."""
    import torch
    from safetensors import SafetensorError, safe_open

    broken = broken_pictures(folder)
    for path in folder.glob("*.checkpoint"):
        try:
            torch.load(path, weights_only=True)
        except (RuntimeError, EOFError, OSError, ValueError) as error:
            broken.append(f"{path.name}: {error}")
    for path in folder.glob("*.safetensors"):
        try:
            with safe_open(path, "pt") as file:
                [file.get_tensor(name) for name in file.keys()]  # noqa: SIM118 - it is no dictionary
        except (SafetensorError, OSError) as error:
            broken.append(f"{path.name}: {error}")
    return broken


def main(options: Any, folder: Path) -> list[str]:
    """The long run: half of the kills each."""
    started, report = time.monotonic(), Report()

    def tell(text: str) -> None:
        print(f"{text} after {time.monotonic() - started:.0f} s", flush=True)

    works = (training(folder), baking(folder, options.model, options.extent))
    for work in works:
        run(work, options.count // 2, report, options.seed, 30 * options.minutes, tell)
    return report.problems


if __name__ == "__main__":  # a Blender that bakes, in the profile of the one that made the shot
    import bpy  # noqa: F401 - brings Blender's own modules

    addon_utils = __import__("addon_utils")
    addon_utils.enable(PACKAGE)
    command = sys.modules[f"{PACKAGE}.operators.command"]
    status = command.main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(status)  # Blender 4.2 as a Python module crashes when Python ends over panels of any add-on
