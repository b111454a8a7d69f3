"""Camera, light and settings of a preview scene. On the plane they are the paper's: camera and flash side by side."""

from __future__ import annotations

import math

import bpy
from mathutils import Vector

from ..versions import fcurve_collections, set_world_color
from .scene import own
from .subject import PLANE, Subject

_FIELD_OF_VIEW = {True: math.radians(50), False: math.radians(24)}  # of the paper's camera; of the others
_FROM = Vector((0.3, -1.0, 0.35))  # where solid things are seen from: a little from above and from the right
# The light over a solid thing, in its radii: on the camera's side, so that it never falls behind.
_HEIGHT, _RING = 2.6, 1.9
_PAPER_RING = 0.6  # metres; the light's height over the plane is 1
_AMBIENT = 0.12  # radiance around a solid thing: a metal under one point would be black but for a highlight
_NORTH = math.pi / 2


class Rig:
    """The light of one preview scene, found again by name: no object is held across an undo."""

    def __init__(self, scene: bpy.types.Scene):
        self._light = next(thing for thing in scene.objects if thing.type == "LIGHT")
        self._pivot = self._light.parent
        self._flash = Vector(self._light["flash"])
        self._ring = self._light["ring"]

    def flash(self) -> None:
        """Put the light where the photographs that the model learned from had it: beside the camera."""
        self._light.location = self._flash
        self._pivot.rotation_euler.z = 0

    def place(self, angle: float) -> None:
        """Put the light on its circle; angle in radians from the picture's top, anticlockwise."""
        self._light.location = (self._ring, 0, self._flash.z)
        self._pivot.rotation_euler.z = _NORTH + angle

    def place_share(self, share: float) -> None:
        """Put the light a share of the way round; share in [0, 1)."""
        self.place(2 * math.pi * share)

    def circle(self, frame_start: int, frame_end: int) -> None:
        """Let the light go round once: the frame after the last is the first again."""
        for angle, frame in ((0.0, frame_start), (2 * math.pi, frame_end + 1)):
            self.place(angle)
            self._pivot.keyframe_insert("rotation_euler", index=2, frame=frame)
        own(self._pivot.animation_data.action, self._pivot["patina_preview"])
        for curves in fcurve_collections(self._pivot):
            for curve in curves:
                curve.modifiers.new("CYCLES")
                for key in curve.keyframe_points:
                    key.interpolation = "LINEAR"


def add_rig(scene: bpy.types.Scene, subject: Subject, kind: str, light: dict[str, float], role: str) -> Rig:
    """Add camera, light and world. light: intensity in W / sr at a distance of 1 m, and x, y of the learned flash."""
    flat = kind == PLANE
    reach = 1.0 if flat else _HEIGHT * subject.radius
    stand = _empty(scene, "Patina Relit Stand", None, role)
    stand.location = subject.centre
    stand.rotation_mode = "QUATERNION"
    if not flat:
        stand.rotation_quaternion = _FROM.to_track_quat("Z", "Y")
    pivot = _empty(scene, "Patina Relit Pivot", stand, role)

    lamp = own(bpy.data.lights.new("Patina Relit Light", "POINT"), role)
    # What is nearest to the light is as bright as the plane is below its flash.
    distance = 1.0 if flat else (_HEIGHT - 1) * subject.radius
    lamp.energy = 4 * math.pi * light["intensity"] * distance**2
    lamp.shadow_soft_size = 0.0 if flat else 0.08 * subject.radius
    lamp.use_shadow = not flat
    if hasattr(lamp, "use_soft_falloff"):
        lamp.use_soft_falloff = False
    thing = own(bpy.data.objects.new("Patina Relit Light", lamp), role)
    thing.parent = pivot
    thing["flash"] = (light["x"], light["y"], reach) if flat else (0.0, 0.0, reach)
    thing["ring"] = _PAPER_RING if flat else _RING * subject.radius
    scene.collection.objects.link(thing)

    view = own(bpy.data.cameras.new("Patina Relit Camera"), role)
    view.sensor_fit = "HORIZONTAL"
    view.angle = _FIELD_OF_VIEW[flat]
    camera = own(bpy.data.objects.new("Patina Relit Camera", view), role)
    camera.parent = stand
    camera.location.z = 1.0 if flat else 1.08 * subject.radius / math.sin(view.angle / 2)
    view.clip_start, view.clip_end = 0.01 * camera.location.z, 10 * camera.location.z
    scene.collection.objects.link(camera)
    scene.camera = camera

    world = own(bpy.data.worlds.new("Patina Relit World"), role)
    set_world_color(world, (0.0,) * 3 if flat else (_AMBIENT,) * 3)
    scene.world = world
    return Rig(scene)


def _empty(scene: bpy.types.Scene, name: str, parent: bpy.types.Object | None, role: str) -> bpy.types.Object:
    empty = own(bpy.data.objects.new(name, None), role)
    empty.parent = parent
    empty.empty_display_size = 0.1
    scene.collection.objects.link(empty)
    return empty
