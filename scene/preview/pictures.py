"""Pictures of a relit material: a strip of ages and lights, or the frames of an animation, one render at a time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np

from ...engine.files.whole_files import written_whole
from .. import playback
from ..baking.sequence import check_folder
from ..engine import process as engine_process
from ..errors import PreviewError
from ..materials import ageing_materials
from ..versions import set_movie
from ..working_space import tag_srgb
from .preview import Order, make_preview
from .rig import Rig
from .scene import RENDERED, remove_preview
from .settings import exact_textures, show_plainly
from .subject import PLANE

_GAP = 4  # pixels between the pictures of a strip
_GREY = 0.1
MOVIE = ".mp4"

# Each step says how far the work is, in [0, 1]. Where nobody waits, a step may also have done nothing yet.
Steps = Iterator[float]


def strip_steps(order: Order, output: Path, ages: int, lights: int, *, block: bool) -> Steps:
    """Write one PNG: `ages` columns from 0 to 1, `lights` rows; the first row is the flash, the others the circle.

    Raises PatinaError. However it ends, the file is there whole or not at all and its scene is gone.
    """
    check_folder(str(output.parent))
    order = replace(order, frame_start=1, frame_end=max(2, ages), flash=True)
    try:
        scene, _ = make_preview(order, RENDERED, living=True)
        yield from _solved(scene, block=block)
        pictures = {}
        with tempfile.TemporaryDirectory(prefix="patina-relit-") as folder:
            for row in range(lights):
                for column in range(ages):
                    scene = _still_there(scene.name)
                    _light_row(Rig(scene), row, lights)
                    scene.frame_set(1 + column)
                    pictures[row, column] = _read(_render(scene, Path(folder) / "picture.png", order))
                    yield len(pictures) / (ages * lights)
        _write_strip(output, pictures, order.size)
    finally:
        remove_preview(RENDERED)


def animation_steps(order: Order, output: Path, *, block: bool) -> Steps:
    """Write the frames `relit_0001.png` ... into the folder `output`, or where that ends in .mp4, a film.

    Raises PatinaError. However it ends, no file is left half written and its scene is gone.
    """
    film = output.suffix.lower() == MOVIE
    check_folder(str(output.parent if film else output))
    if film:
        order = replace(order, size=order.size + order.size % 2)  # H.264 halves the colour's resolution
    frames = range(order.frame_start, order.frame_end + 1)
    try:
        scene, _ = make_preview(order, RENDERED)
        yield from _solved(scene, block=block)
        with tempfile.TemporaryDirectory(prefix="patina-relit-") as kept:
            folder = Path(kept) if film else output
            written = []
            for frame in frames:
                scene = _still_there(scene.name)
                scene.frame_set(frame)
                with written_whole(folder / f"relit_{frame:04d}.png") as beside:
                    _render(scene, beside, order)
                written.append(folder / f"relit_{frame:04d}.png")
                yield len(written) / len(frames)
            if film:
                _write_film(scene, written, output)
    finally:
        remove_preview(RENDERED)


def _solved(scene: bpy.types.Scene, *, block: bool) -> Steps:
    """Have the engine solve the lives that the scene shows, so that renders need not wait long for it."""
    engine = engine_process.engine
    worn = {slot.material.name for thing in scene.objects for slot in thing.material_slots if slot.material is not None}
    for material in list(ageing_materials()):
        if material.name not in worn or material.patina.playback != "LIVE":
            continue
        job = engine().submit(playback.request_of(material, 1.0))
        try:
            if block:
                engine().wait(job)
            while not job.done:
                engine().poll()
                yield 0.0
        finally:
            if not job.done:
                engine_process.cancel(job)
        if job.error is not None:
            raise job.error


def _still_there(name: str) -> bpy.types.Scene:
    scene = bpy.data.scenes.get(name)
    if scene is None:
        raise PreviewError("The preview's scene was removed while it was rendered", "start again")
    return scene


def _light_row(rig: Rig, row: int, rows: int) -> None:
    if row == 0:
        rig.flash()
    else:
        rig.place_share((row - 1) / (rows - 1))


def _render(scene: bpy.types.Scene, path: Path, order: Order) -> Path:
    scene.render.filepath = str(path)
    filtering = exact_textures() if order.subject == PLANE else nullcontext()
    # As the context's scene: the operator's own `scene` renders it at the frame of the scene in the window.
    with filtering, bpy.context.temp_override(scene=scene):
        bpy.ops.render.render(write_still=True)
    if playback.failures:
        raise PreviewError(f"The material could not be shown ({playback.failures[-1].sentence})", "then start again")
    return path


def _write_strip(output: Path, pictures: dict[tuple[int, int], np.ndarray], size: int) -> None:
    rows, columns = (1 + max(place[axis] for place in pictures) for axis in (0, 1))
    step = size + _GAP
    strip = np.full((rows * step - _GAP, columns * step - _GAP, 4), (_GREY, _GREY, _GREY, 1.0), np.float32)
    for (row, column), picture in pictures.items():
        strip[row * step : row * step + size, column * step : column * step + size] = picture
    height, width = strip.shape[:2]
    image = bpy.data.images.new("Patina Relit", width, height, is_data=True)
    try:
        image.pixels.foreach_set(strip[::-1].ravel())  # Blender's rows start at the bottom
        image.file_format = "PNG"
        with written_whole(output) as beside:
            image.filepath_raw = str(beside)
            image.save()
    except (OSError, RuntimeError) as error:
        raise PreviewError(f"{output} cannot be written ({error})", "choose another file") from error
    finally:
        bpy.data.images.remove(image)


def _read(path: Path) -> np.ndarray:
    """The numbers in a picture file, [H, W, 4], rows from the top."""
    image = bpy.data.images.load(str(path), check_existing=False)
    try:
        image.colorspace_settings.is_data = True
        width, height = image.size
        pixels = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(pixels)
        return pixels.reshape(height, width, 4)[::-1]
    finally:
        bpy.data.images.remove(image)


def _write_film(scene: bpy.types.Scene, frames: list[Path], output: Path) -> None:
    """Encode pictures with Blender's own sequencer, in the preview's scene, which is about to go."""
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strip = strips.new_image("Relit", str(frames[0]), 1, scene.frame_start)
    tag_srgb(strip)
    for path in frames[1:]:
        strip.elements.append(path.name)
    show_plainly(scene)  # the pictures are display-encoded already
    set_movie(scene)
    encoded = frames[0].parent / f"film{MOVIE}"
    scene.render.use_sequencer = scene.render.use_file_extension = True
    scene.render.filepath = str(encoded)
    bpy.ops.render.render(animation=True, scene=scene.name)
    try:
        with written_whole(output) as beside:
            shutil.copyfile(encoded, beside)
    except OSError as error:
        raise PreviewError(f"{output} cannot be written ({error.strerror})", "choose another file") from error
