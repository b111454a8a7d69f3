"""Live playback: keeps the images of every material that plays live at its Age.

A render waits for the exact maps of its frame. The viewport asks and goes on; a timer puts in what has arrived. A
texture that cannot be had is shown magenta and recorded, for exceptions in handlers are swallowed by Blender.

Data-blocks are remembered by session_uid and looked up again: a reference does not outlive undo, load or delete.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import bpy

from ..engine.channel.jobs import DraftRequest, Job, JobCancelled, MapsRequest
from ..engine.errors import PatinaError
from . import library
from .age.keyed import keyed_age
from .engine import process as engine_process
from .errors import MaterialError
from .images import fill, repeated, write_maps
from .materials import group_node, shown_materials
from .node_group import group_images
from .redraw import tag_panels_once
from .variation import shown_age

_DRAFT = 64  # texels of the piece that is shown until the whole is solved
_POLL = 0.02  # seconds between two looks at a working engine
_REST = 1.0  # seconds before the viewport asks again after a failure, lest playback start a process per frame


@dataclass(frozen=True)
class Failure:
    """A frame that shows magenta, and why."""

    material: str
    frame: float
    sentence: str


failures: deque[Failure] = deque(maxlen=1000)
_shown: dict[int, MapsRequest | None] = {}  # by the base colour image: what it shows; None: magenta
_filled: set[int] = set()  # base colour images that have shown some life, whatever was forgotten since
_wanted: dict[int, MapsRequest] = {}  # by material: the newest wish of the viewport
_pending: dict[int, Job] = {}  # by material: what the engine works at for the viewport
_rest_until = 0.0
_put_off = False  # something was wished for during that rest
# Between a render's begin and end only the render writes images (viewport and render share them) and talks to the
# engine (it does so on another thread than the window's).
_rendering = False


def is_rendering() -> bool:
    """Whether the images and the engine belong to a render at the moment."""
    return _rendering


def set_rendering(rendering: bool) -> None:
    """Hand images and engine to a render, or back to the viewport. A new render begins with no failures."""
    global _rendering
    _rendering = rendering
    if rendering:
        failures.clear()


def request_of(material: bpy.types.Material, age: float) -> MapsRequest:
    """What to ask the engine for. Raises PatinaError where the model is missing or not the one the file remembers."""
    settings = material.patina
    path = library.model_path(settings.model_stored, material.library)
    header = library.header_of(path)
    if header.sha256 != settings.model_hash:
        raise MaterialError(
            f"The model {settings.model_stored!r} is not the one that {material.name!r} was made with",
            "choose the model again to accept the new one",
        )
    return MapsRequest(path, header.sha256, settings.seed, settings.resolution_stored, min(1.0, max(0.0, age)))


def evaluated_age(material: bpy.types.Material, depsgraph: bpy.types.Depsgraph) -> float | None:
    """The age shown at the depsgraph's frame, as the Age socket is animated; None where nothing uses the material."""
    evaluated = material.evaluated_get(depsgraph)
    if not evaluated.is_evaluated:
        return None
    node = group_node(material)
    return shown_age(node.node_tree, evaluated.node_tree.nodes[keyed_age(node).node.name].inputs["Age"].default_value)


def _live_materials(depsgraph: bpy.types.Depsgraph) -> Iterator[tuple[bpy.types.Material, float]]:
    """The materials that the depsgraph uses and that play live, each with its Age."""
    for material in shown_materials():
        age = evaluated_age(material, depsgraph) if material.patina.playback == "LIVE" else None
        if age is not None:
            yield material, age


def show_exactly(depsgraph: bpy.types.Depsgraph, frame: float) -> None:
    """For a render: wait until every used material shows its maps at its Age."""
    for uid in list(_pending):
        _give_up(uid)
    for material, age in _live_materials(depsgraph):
        try:
            request = request_of(material, age)
            if not _is_shown(material, request):
                engine = engine_process.engine()
                job = engine.submit(request)
                engine.wait(job)
                _show(material, job, request.extent)
        except PatinaError as error:
            _show_missing(material, frame, str(error))


def follow(depsgraph: bpy.types.Depsgraph, frame: float) -> None:
    """For the viewport: ask for what is not shown yet, and return at once."""
    global _put_off
    if _rendering:
        return
    for material, age in _live_materials(depsgraph):
        try:
            request = request_of(material, age)
            if _is_shown(material, request):
                _wanted.pop(material.session_uid, None)
                _give_up(material.session_uid)
            elif time.monotonic() >= _rest_until:
                _ask(material, request)
            else:
                _put_off = True
                watch()
        except PatinaError as error:
            _show_missing(material, frame, str(error))


def tick() -> float | None:
    """The timer: take in what the engine has sent. Seconds until the next call, None when nothing is under way."""
    global _put_off
    if _rendering:
        return _POLL
    engine_process.poll()
    materials = {material.session_uid: material for material in shown_materials()}
    for uid, job in list(_pending.items()):
        if not job.done:
            continue
        del _pending[uid]
        if uid in materials:
            try:
                _take(materials[uid], job)
            except PatinaError as error:
                _show_missing(materials[uid], bpy.context.scene.frame_current_final, str(error))
    tag_panels_once(engine_process.describe())
    if _put_off and time.monotonic() >= _rest_until:
        _put_off = False
        for material in shown_materials():
            material.node_tree.update_tag()
        return _POLL  # what is tagged is asked for once Blender comes to it
    return _POLL if _pending or _put_off or engine_process.is_busy() else None


def watch() -> None:
    """Let the timer run until the engine rests: one that was told to give up still has its last words to say."""
    if not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=_POLL, persistent=True)


def forget() -> None:
    """Trust no image any more: after a load, an undo, or when pixels were thrown away."""
    for uid in list(_pending):
        _give_up(uid)
    _shown.clear()
    _wanted.clear()


def ask_again() -> None:
    """After the engine was put right: what failed is asked for again."""
    global _rest_until
    _rest_until = 0.0
    failures.clear()
    forget()
    for material in shown_materials():
        material.node_tree.update_tag()


def _ask(material: bpy.types.Material, request: MapsRequest) -> None:
    uid = material.session_uid
    _wanted[uid] = request
    job = _pending.get(uid)
    if job is not None and _leads_to(job.request, request):
        return  # a slider that is dragged must not cancel every answer: the newest wish follows this one
    _give_up(uid)
    _pending[uid] = engine_process.engine().submit(_draft_of(request) if _lacks(material, request) else request)
    watch()


def _take(material: bpy.types.Material, job: Job) -> None:
    """Put in an answer, and ask for what has been wished since."""
    wanted = _wanted.get(material.session_uid)
    if wanted is None:
        return
    if isinstance(job.error, JobCancelled):  # not by us, who forget what we cancel: the preferences changed
        _ask(material, wanted)
        return
    if job.error is not None:
        raise job.error
    if _leads_to(job.request, wanted):
        _show(material, job, wanted.extent)
    if job.request == wanted:
        del _wanted[material.session_uid]
    else:
        _ask(material, wanted)


def _leads_to(one: MapsRequest, other: MapsRequest) -> bool:
    """Whether what was asked for shows the same life as the other, or a draft of it."""
    if (one.sha256, one.seed) != (other.sha256, other.seed):
        return False
    return one.extent == other.extent or isinstance(one, DraftRequest)


def _draft_of(request: MapsRequest) -> DraftRequest:
    return DraftRequest(request.model, request.sha256, request.seed, _DRAFT, request.age)


def _lacks(material: bpy.types.Material, request: MapsRequest) -> bool:
    """Whether nothing of the life is on screen yet, and a small piece of it would be there much sooner."""
    first = group_images(group_node(material).node_tree).get("base_color")
    if first is None or request.extent <= 2 * _DRAFT or request.extent % _DRAFT:
        return False
    if _DRAFT % library.model_header(material.patina.model_stored, material.library).extent_multiple:
        return False
    if tuple(first.size) != (request.extent, request.extent):
        return True
    if first.session_uid not in _shown:  # new, or forgotten after an undo, when it still shows what it did
        return first.session_uid not in _filled
    shown = _shown[first.session_uid]
    return shown is None or not _leads_to(shown, request)


def _give_up(uid: int) -> None:
    job = _pending.pop(uid, None)
    if job is not None:
        engine_process.cancel(job)


def _is_shown(material: bpy.types.Material, request: MapsRequest) -> bool:
    images = group_images(group_node(material).node_tree)
    first = images.get("base_color")
    # The size tells an image that Blender made blank again (a revert, a discarded buffer) from one that is filled.
    return (
        first is not None
        and tuple(first.size) == (request.extent, request.extent)
        and _shown.get(first.session_uid) == request
    )


def _show(material: bpy.types.Material, job: Job, extent: int) -> None:
    """Put the maps of an answer into the images of `extent` texels; a smaller piece is repeated, for it tiles."""
    images = group_images(group_node(material).node_tree)
    write_maps(images, repeated(job.maps, extent // job.request.extent))
    if "base_color" in images:
        _shown[images["base_color"].session_uid] = job.request
        _filled.add(images["base_color"].session_uid)


def _show_missing(material: bpy.types.Material, frame: float, sentence: str) -> None:
    """Magenta, never another frame's texture; recorded once per frame."""
    global _rest_until
    _rest_until = time.monotonic() + _REST
    images = group_images(group_node(material).node_tree)
    first = images.get("base_color")
    if first is not None and (first.session_uid not in _shown or _shown[first.session_uid] is not None):
        fill(images, 8, missing=True)
        _shown[first.session_uid] = None
    failure = Failure(material.name, frame, sentence)
    if failure not in failures:
        failures.append(failure)
