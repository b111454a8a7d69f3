"""Taking a model into the library: checked before it is believed, there whole or not at all.

The engine's Python does the work in a process of its own: it converts weights of the public implementation, checks
every tensor, and makes the pictures of the thumbnail. Where there is no engine a model is checked by its header alone.
"""

from __future__ import annotations

import atexit
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import bpy
import numpy as np

from ..engine.channel.detached import last_line, start_detached
from ..engine.errors import PatinaError
from ..engine.files.whole_files import written_whole
from ..engine.models.model_header import ModelHeader, read_header
from . import library, playback
from .engine import process as engine_process
from .errors import LibraryError
from .icons import load_picture
from .library_pictures import SIDE, STRIP

MODEL, WEIGHTS = ".safetensors", ".eqx"
_POLL = 0.2  # seconds
_MEGABYTES = 1024  # the largest file of weights that is looked at


@dataclass(frozen=True)
class ImportOrder:
    """What is to be taken in. name: in the library; empty for the file's. kind: "rgb" or "svbrdf", brdf and duration
    (0: the paper's): what a file of weights does not say of itself."""

    file: Path
    name: str = ""
    kind: str = "rgb"
    brdf: str = "diffuse_specular"
    duration: float = 0.0


@dataclass
class Import:
    """One import. target: where the model goes. commands: what is still to be run. text: how it stands, or what came of
    it. model: its name, once it is there."""

    target: Path
    folder: Path
    commands: list[list[str]]
    text: str = "Starting"
    factor: float = 0.0
    failed: bool = False
    model: str = ""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def is_under_way(self) -> bool:
        return not (self.model or self.failed)

    @property
    def beside(self) -> Path:
        """The model until it is believed."""
        return self.folder / self.target.name

    @property
    def log(self) -> Path:
        return self.folder / "log"


latest: Import | None = None


def begin(order: ImportOrder) -> Import:
    """Begin an import. Raises PatinaError where the file cannot be one, or its name is taken; then nothing was made."""
    global latest
    if latest is not None and latest.is_under_way:
        raise LibraryError(f"{latest.target.stem!r} is being imported already", "wait until that is done")
    file = Path(bpy.path.abspath(str(order.file))).absolute()
    suffix = file.suffix.lower()
    if suffix not in (MODEL, WEIGHTS):
        raise LibraryError(f"{file.name!r} is no model", f"choose a {MODEL} file of Patina, or {WEIGHTS} weights")
    if suffix == MODEL:
        _refuse_known(read_header(file))
    elif not file.is_file():
        raise LibraryError(f"There is no file {file}", "choose another one")
    elif file.stat().st_size > _MEGABYTES << 20:
        raise LibraryError(f"{file.name} is larger than any model", "choose another file")
    target = library.new_model_path(order.name or file.stem)
    python = None if suffix == MODEL and engine_process.lacking() else engine_process.engine_python()
    folder = Path(tempfile.mkdtemp(prefix="patina-import-"))
    latest = Import(target, folder, [])
    try:
        if suffix == MODEL:
            shutil.copyfile(file, latest.beside)
        else:
            latest.commands.append(_conversion(file, latest.beside, order))
        if python is not None:
            ages = ",".join(f"{age:.4f}" for age in np.linspace(0, 1, STRIP))
            latest.commands.append(["synth", str(latest.beside), str(folder), "--size", str(SIDE), "--ages", ages])
        step()
    except (OSError, PatinaError) as error:
        discard()
        if isinstance(error, OSError):
            raise LibraryError(f"{file} cannot be copied ({error.strerror})", "check the file and the disk") from error
        raise
    if latest.is_under_way and not bpy.app.background and not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=_POLL, persistent=True)
    return latest


def step() -> bool:
    """Go on with the import that is under way; whether it still is. Raises PatinaError where it fails."""
    if latest is None or not latest.is_under_way:
        return False
    if latest.process is not None:
        status = latest.process.poll()
        words = last_line(latest.log)
        if status is None:
            _describe(latest, words)
            return True
        if status:
            cause = words.removeprefix("patina: ").rstrip(".") if words.startswith("patina: ") else words[:200]
            return _fail(LibraryError(*_split(cause or "The engine's process has stopped")))
        latest.process = None
    if latest.commands:
        latest.process = start_detached(engine_process.engine_python(), latest.commands.pop(0), latest.log)
        return True
    try:
        _take(latest)
    except PatinaError as error:
        return _fail(error)
    return False


def wait(report: Callable[[str], None] = lambda _: None) -> None:
    """Wait for the end of the import; `report` hears of every change. Raises PatinaError where it failed."""
    said = ""
    try:
        while step():
            if latest is not None and latest.text != said:
                said = latest.text
                report(said)
            time.sleep(_POLL)
    except KeyboardInterrupt:
        discard()
        raise


def discard() -> None:
    """Give up an import that is under way; forget one that is not."""
    global latest
    if latest is not None:
        if latest.process is not None and latest.process.poll() is None:
            latest.process.kill()
            latest.process.wait()
        shutil.rmtree(latest.folder, ignore_errors=True)
        latest = None


def tick() -> float | None:
    """The timer of a window."""
    if playback.is_rendering():
        return _POLL
    with suppress(PatinaError):  # the sentence is in the panel
        step()
    playback.tag_panels()
    return _POLL if latest is not None and latest.is_under_way else None


def close() -> None:
    """Stop the timer, and give up what is under way."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
    discard()


def _conversion(file: Path, model: Path, order: ImportOrder) -> list[str]:
    command = ["import-eqx", str(file), str(model), "--kind", order.kind]
    if order.kind == "svbrdf":
        command += ["--brdf", order.brdf]
    if order.duration:
        command += ["--duration", str(order.duration)]
    return command


def _describe(one: Import, words: str) -> None:
    counted = re.match(r"step (\d+) of (\d+)", words)
    if counted:
        done, total = map(int, counted.groups())
        one.text, one.factor = f"Making its picture: step {done} of {total}", done / max(1, total)
    elif len(one.commands):
        one.text, one.factor = "Converting the weights", 0.0
    else:
        one.text, one.factor = "Checking the model", 0.0


def _fail(error: PatinaError) -> bool:
    """End the import with a sentence."""
    assert latest is not None
    latest.text, latest.failed = str(error), True
    shutil.rmtree(latest.folder, ignore_errors=True)
    raise error


def _split(sentence: str) -> tuple[str, str]:
    """Cause and remedy of what the command said."""
    cause, colon, remedy = sentence.rpartition(": ")
    return (cause, remedy) if colon else (sentence, "choose another file")


def _refuse_known(header: ModelHeader) -> None:
    for entry in library.entries():
        if entry.header is not None and entry.header.sha256 == header.sha256:
            raise LibraryError(f"This model is in the library already, as {entry.model!r}", "choose it there")


def _take(one: Import) -> None:
    """Put the model into the library, with its picture."""
    header = read_header(one.beside)
    _refuse_known(header)
    library.new_model_path(one.target.stem)  # another Blender may have taken the name meanwhile
    try:
        with written_whole(one.target) as beside:
            shutil.copyfile(one.beside, beside)
        picture = _strip(one)
        if picture is not None:
            with written_whole(one.target.with_suffix(".png")) as beside:
                beside.write_bytes(picture)
    except OSError as error:
        raise LibraryError(
            f"The model cannot be written to {one.target.parent} ({error.strerror})",
            "choose another folder of trained models in Patina's preferences",
        ) from error
    shutil.rmtree(one.folder, ignore_errors=True)
    one.model = one.target.stem
    one.text = f"The model {one.model!r} is in the library"
    if picture is None:
        one.text += "; without an engine it was checked by its header alone"
    shown = bpy.context.window_manager.patina_library
    shown.search, shown.chosen_stored = "", one.model


def _strip(one: Import) -> bytes | None:
    """The pictures of its ages side by side, as a PNG."""
    pictures = sorted(one.folder.glob("*_base_color_*.png"))
    loaded = [load_picture(path) for path in pictures]
    if len(loaded) != STRIP or any(picture is None for picture in loaded):
        return None
    strip = np.concatenate(loaded, axis=1)
    path = one.folder / "strip.png"
    with bpy.data.temp_data() as data:
        height, width = strip.shape[:2]
        image = data.images.new("strip", width, height)
        image.pixels.foreach_set(np.ascontiguousarray(strip, np.float32).ravel())
        image.file_format, image.filepath_raw = "PNG", str(path)
        image.save()
        del image
    del data
    return path.read_bytes()


atexit.register(close)
