"""Running a bake: the one that is under way or was the last, and what becomes of its materials."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import bpy

from ...engine.errors import PatinaError
from ..engine import process as engine_process
from ..materials import ageing_materials, group_node
from ..playback_source import switch_playback
from .bake import DONE, FAILED, Bake, MaterialBake, count
from .plan import BakeOrder, plan_bake
from .sequence_nodes import remember_sequence

latest: Bake | None = None  # for the panel; holds no data-block


def begin(scene: bpy.types.Scene, materials: Sequence[bpy.types.Material], order: BakeOrder) -> Bake:
    """Plan a bake, which is from now on the latest. Raises PatinaError, with nothing made."""
    global latest
    latest = plan_bake(scene, materials, order)
    return latest


def run(bake: Bake, say: Callable[[str], None]) -> None:
    """Bake to the end before returning."""
    engine = engine_process.engine()
    while bake.step(engine, block=True):
        say(bake.describe())


def finish(bake: Bake, *, link: bool) -> None:
    """Note in each material where its bake is; with `link`, play it. One that cannot be played counts as failed."""
    materials = {material.name: material for material in ageing_materials()}
    for one in bake.materials:
        material = materials.get(one.material)
        if one.sidecar is None or one.state != DONE or material is None:
            continue
        remember_sequence(group_node(material).node_tree, one.sidecar)
        if not link and material.patina.playback != "SEQUENCE":  # one that plays shows the new pictures
            continue
        try:
            switch_playback(material, "SEQUENCE")
        except PatinaError as error:
            one.state, one.problem = FAILED, str(error)


def statuses(bake: Bake) -> list[str]:
    """A line for each material."""
    return [f"{one.material}: {one.describe()}" for one in bake.materials]


def summary(bake: Bake) -> str:
    """What came of a bake, in one sentence."""
    failed = bake.failed
    if len(bake.materials) == 1 and failed:
        return failed[0].problem
    text = f"{count(bake.written)} written, {bake.skipped} were there already"
    if failed:
        text += f"; {len(failed)} of {len(bake.materials)} materials failed: {'; '.join(map(_failure, failed))}"
    return text


def _failure(one: MaterialBake) -> str:
    return f"{one.material}: {one.problem}"
