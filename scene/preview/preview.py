"""A material relit: the preview scene that a window shows, put together from its parts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import bpy

from .. import library
from ..errors import MaterialError
from .material import is_age_animated, living_copy
from .rig import Rig, add_rig
from .scene import VIEWED, new_preview, original, remove_preview
from .settings import set_rendering
from .subject import make_subject

_PLAIN = {"intensity": math.pi, "x": 0.0, "y": 0.0}  # under it, what reflects everything evenly is just white


@dataclass(frozen=True)
class Order:
    """What is to be seen. Names, not data-blocks, for it may be worked off over many events.

    subject: PLANE, SPHERE or OBJECT. engine: EEVEE or CYCLES. size: of a picture in pixels. flash: whether the light
    stays beside the camera. frame_start, frame_end: over which the light goes round, and a life that nothing animates
    runs.
    """

    home: str
    target: str
    material: str
    subject: str
    engine: str
    size: int
    flash: bool
    frame_start: int
    frame_end: int


def order_of(context: bpy.types.Context, material: bpy.types.Material, **choices: object) -> Order:
    """What an operator asks for about a material; where it is asked from the preview, about what that was made from."""
    home, target = original(context.scene), original(context.active_object)
    return Order(home.name, target.name, original(material).name, **choices)


def make_preview(order: Order, role: str = VIEWED, *, living: bool = False) -> tuple[bpy.types.Scene, Rig]:
    """Make the scene of an order in place of any earlier one of its role.

    living: wear a copy whose Age goes from 0 to 1 even where the material's is animated. Raises PatinaError and then
    leaves no scene behind.
    """
    home, target = bpy.data.scenes.get(order.home), bpy.data.objects.get(order.target)
    material = bpy.data.materials.get(order.material)
    if home is None or target is None or material is None:
        raise MaterialError("What was to be previewed is gone", "choose an object that ages and preview it again")
    light = {**_PLAIN, **library.model_header(material.patina.model_stored).light}
    scene = new_preview(home, role)
    try:
        scene.frame_start, scene.frame_end = order.frame_start, order.frame_end
        scene.render.fps, scene.render.fps_base = home.render.fps, home.render.fps_base
        if living or not is_age_animated(material):
            material = living_copy(material, order.frame_start, order.frame_end, role)
        subject = make_subject(scene, order.subject, target, material, role)
        rig = add_rig(scene, subject, order.subject, light, role)
        set_rendering(scene, order.subject, order.engine, order.size)
    except Exception:
        remove_preview(role)
        raise
    if order.flash:
        rig.flash()
    else:
        rig.circle(order.frame_start, order.frame_end)
    scene.frame_set(order.frame_start)
    scene.view_layers[0].objects.active = subject.target
    return scene, rig
