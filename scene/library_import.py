"""Taking a model into the library: checked before it is believed, there whole or not at all.

The engine checks every tensor as it makes the pictures of the thumbnail; where there is none, a model is checked by its
header alone. Weights of the public implementation are converted first, by the engine's Python in a process of its own.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import bpy
import numpy as np

from ..engine.channel.child import EngineError
from ..engine.channel.detached import last_line, start_detached
from ..engine.channel.jobs import MapsRequest
from ..engine.errors import PatinaError
from ..engine.files.whole_files import written_whole
from ..engine.models.model_header import ModelHeader, read_header
from . import library, playback
from .engine import process as engine_process
from .errors import LibraryError
from .library_pictures import SIDE, STRIP, strip_file
from .redraw import tag_panels

MODEL, WEIGHTS = ".safetensors", ".eqx"
_POLL = 0.1  # seconds
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
    """One import. target: where the model goes. text: how it stands, or what came of it. model: its name, once it is
    there."""

    target: Path
    text: str = "Starting"
    factor: float = 0.0
    failed: bool = False
    model: str = ""
    work: Iterator[None] = field(default_factory=lambda: iter(()), repr=False)

    @property
    def is_under_way(self) -> bool:
        return not (self.model or self.failed)


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
    else:
        engine_process.engine_python()  # to be told at once where there is none
    latest = Import(library.new_model_path(order.name or file.stem))
    latest.work = _work(latest, file, order)
    if not bpy.app.background and not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=_POLL, persistent=True)
    return latest


def step() -> bool:
    """Go on with the import that is under way; whether it still is. Raises PatinaError where it fails."""
    if latest is None or not latest.is_under_way:
        return False
    try:
        return next(latest.work, latest) is None
    except PatinaError as error:
        latest.text, latest.failed = str(error), True
        raise


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
        work, latest = latest.work, None
        if hasattr(work, "close"):
            work.close()


def tick() -> float | None:
    """The timer of a window."""
    if playback.is_rendering():
        return _POLL
    with suppress(PatinaError):  # the sentence is in the panel
        step()
    tag_panels()
    return _POLL if latest is not None and latest.is_under_way else None


def close() -> None:
    """Stop the timer, and give up what is under way."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
    discard()


def _work(one: Import, file: Path, order: ImportOrder) -> Iterator[None]:
    """The whole import; it pauses wherever something else is waited for, and clears up wherever it ends."""
    folder = Path(tempfile.mkdtemp(prefix="patina-import-"))
    beside = folder / one.target.name  # the model until it is believed
    try:
        if file.suffix.lower() == MODEL:
            shutil.copyfile(file, beside)
        else:
            yield from _convert(one, file, beside, order)
        header = read_header(beside)
        _refuse_known(header)
        pictures: list[np.ndarray] = []
        if not engine_process.lacking():
            yield from _look(one, beside, header, pictures)
        library.new_model_path(one.target.stem)  # another Blender may have taken the name meanwhile
        _take(one, beside, pictures)
    except OSError as error:
        raise LibraryError(
            f"{file.name} cannot be copied to {one.target.parent} ({error.strerror})",
            "choose another folder of trained models in Patina's preferences",
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _convert(one: Import, file: Path, beside: Path, order: ImportOrder) -> Iterator[None]:
    """Let the engine's Python make a model of weights of the public implementation."""
    command = ["import-eqx", str(file), str(beside), "--kind", order.kind]
    if order.kind == "svbrdf":
        command += ["--brdf", order.brdf]
    if order.duration:
        command += ["--duration", str(order.duration)]
    one.text = "Converting the weights"
    log = beside.with_name("log")
    process = start_detached(engine_process.engine_python(), command, log)
    try:
        while process.poll() is None:
            yield
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode:
        said = last_line(log).removeprefix("patina: ").rstrip(".") or "The engine's process has stopped"
        cause, colon, remedy = said.rpartition(": ")
        raise LibraryError(*((cause, remedy) if colon else (said[:200], "choose another file")))


def _look(one: Import, model: Path, header: ModelHeader, pictures: list[np.ndarray]) -> Iterator[None]:
    """Let the engine check the model by looking at its ages; their base colours go into `pictures`.

    Where there is no engine after all, none are made. Raises PatinaError where the model is not to be believed.
    """
    extent = -(-SIDE // header.extent_multiple) * header.extent_multiple
    for number, age in enumerate(np.linspace(0, 1, STRIP)):
        one.text, one.factor = "Checking it, and making its picture", number / STRIP
        job = engine_process.engine().submit(MapsRequest(model, header.sha256, 0, extent, float(age)))
        try:
            while not job.done:
                engine_process.poll()
                one.factor = (number + job.progress) / STRIP
                yield
        finally:
            engine_process.cancel(job)
        if isinstance(job.error, EngineError):
            pictures.clear()
            return
        if job.error is not None:
            raise job.error
        pictures.append(job.maps["base_color"])


def _refuse_known(header: ModelHeader) -> None:
    for entry in library.entries():
        if entry.header is not None and entry.header.sha256 == header.sha256:
            raise LibraryError(f"This model is in the library already, as {entry.model!r}", "choose it there")


def _take(one: Import, model: Path, pictures: list[np.ndarray]) -> None:
    """Put the model into the library, with its picture."""
    with written_whole(one.target) as beside:
        shutil.copyfile(model, beside)
    one.text = f"The model {one.target.stem!r} is in the library"
    if pictures:
        strip = strip_file(pictures, model.with_name("strip.png"))
        with written_whole(one.target.with_suffix(".png")) as beside:
            shutil.copyfile(strip, beside)
    else:
        one.text += "; without an engine it was checked by its header alone"
    one.model = one.target.stem
    shown = bpy.context.window_manager.patina_library
    shown.search, shown.chosen_stored = "", one.model


atexit.register(close)
