"""The first five minutes, by keys and clicks: add, key, scrub, play; each step undone and done again."""

from __future__ import annotations

import numpy as np
from desk import Desk

MATERIAL = "bpy.context.active_object.active_material"
STATE = f"""
material = {MATERIAL}
tree = material.node_tree if material else None
curves = tree.animation_data.action.fcurves if tree and tree.animation_data else []
keys = [tuple(key.co) for curve in curves for key in curve.keyframe_points]
answer = [material.name if material else "", sorted(n.name for n in tree.nodes) if tree else [], keys,
          material.patina.model if material else "", material.patina.playback if material else ""]
"""


def seen(desk: Desk, name: str) -> np.ndarray:
    """The middle of the 3D view, where the cube is, float [height, width, 3] in 0..255."""
    x, y = desk.point_at("VIEW_3D", down=0.95)  # the mouse out of the picture
    picture = desk.picture(name).astype(float)
    middle = y - 350
    return picture[middle - 60 : middle + 60, x - 60 : x + 60]


def is_magenta(picture: np.ndarray) -> bool:
    red, green, blue = picture.mean((0, 1))
    return bool(red > 1.5 * green and blue > 1.5 * green)


def scrub_to(desk: Desk, frame: int) -> None:
    """Go to a frame and wait until it is shown. By script: where the timeline lies is no part of what is tested."""
    desk.ask(f"bpy.context.window_manager.windows[0].scene.frame_set({frame}); answer = 0")
    desk.rest()


def test_every_step_can_be_undone_and_done_again(desk: Desk) -> None:
    states = [desk.ask(STATE)]
    for operator, confirm in (
        ("Add Patina", False),
        ("Keyframe Age", True),
        ("Bake Atlas", True),
        ("Remove Patina", False),
    ):
        desk.search(operator)
        if confirm:
            desk.picture(f"dialog_{operator.split()[0].lower()}")
            desk.key("Return")
        desk.rest()
        if operator == "Bake Atlas":
            desk.wait(f"{MATERIAL}.patina.playback == 'ATLAS'")
        states.append(desk.ask(STATE))
        assert states[-1] != states[-2], operator
    for state in reversed(states[:-1]):
        desk.point_at("VIEW_3D")
        desk.key("ctrl+z")
        desk.rest()
        assert desk.ask(STATE) == state
    for state in states[1:]:
        desk.point_at("VIEW_3D")
        desk.key("ctrl+shift+z")
        desk.rest()
        assert desk.ask(STATE) == state


LAYERED = f"""
material = {MATERIAL}
answer = [sorted(n.name for n in material.node_tree.nodes), material.patina.model, material.patina.hide_repeats]
"""


def test_a_layer_and_hidden_repeats_can_be_undone_and_done_again(desk: Desk) -> None:
    states = [desk.ask(LAYERED)]
    for call in (
        "patina.add_to_material('EXEC_DEFAULT', True, mode='LAYER')",
        "wm.context_toggle('EXEC_DEFAULT', True, data_path='object.active_material.patina.hide_repeats')",
    ):
        desk.ask(f"bpy.ops.{call}; answer = 0")
        desk.rest()
        states.append(desk.ask(LAYERED))
        assert states[-1] != states[-2], call
    desk.show_material()
    assert not is_magenta(seen(desk, "layer_without_repeats"))
    for keys, expected in (("ctrl+z", states[-2::-1]), ("ctrl+shift+z", states[1:])):
        for state in expected:
            desk.point_at("VIEW_3D")
            desk.key(keys)
            desk.rest()
            assert desk.ask(LAYERED) == state
    assert not is_magenta(seen(desk, "layer_done_again"))


def test_what_is_seen_ages_with_the_timeline(desk: Desk) -> None:
    desk.search("Add Patina")
    desk.search("Keyframe Age")
    desk.key("Return")
    desk.show_material()
    fresh = None
    for frame in (1, 120, 250):
        scrub_to(desk, frame)
        now = seen(desk, f"frame_{frame}")
        assert not is_magenta(now)
        assert fresh is None or np.abs(now - fresh).mean() > 4, frame
        fresh = now


TIMED = """
import importlib, time
playback = importlib.import_module(PACKAGE + '.scene.playback')
own = bpy.app.driver_namespace.setdefault('patina_own', [])
def timed(work):
    def measured(*arguments):
        begun = time.perf_counter()
        try:
            return work(*arguments)
        finally:
            own.append(time.perf_counter() - begun)
    return measured
for name in ('follow', '_take', '_ask'):
    setattr(playback, name, timed(getattr(playback, name)))
stalls.clear()
answer = 0
"""  # what Patina does in Blender's own thread while it plays: at a frame change, when maps have come, when it asks


def test_playing_keeps_the_window_free(desk: Desk) -> None:
    desk.search("Add Patina")
    desk.search("Keyframe Age")
    desk.key("Return")
    desk.show_material()
    scrub_to(desk, 1)
    desk.point_at("VIEW_3D")
    desk.ask(TIMED)
    desk.key("space")
    desk.wait("bpy.context.window_manager.windows[0].scene.frame_current > 20")
    frames = desk.ask("answer = bpy.context.window_manager.windows[0].scene.frame_current")
    longest, own = desk.ask("answer = max(stalls), max(bpy.app.driver_namespace['patina_own'])")
    desk.point_at("VIEW_3D")
    desk.key("space")
    desk.rest()
    print(
        f"played to frame {frames}; the longest stall of the window: {1000 * longest:.0f} ms, "
        f"the longest work of Patina in its thread: {1000 * own:.0f} ms"
    )
    assert not is_magenta(seen(desk, "played"))


def test_the_extension_is_reloaded_while_it_plays(desk: Desk) -> None:
    desk.search("Add Patina")
    desk.search("Keyframe Age")
    desk.key("Return")
    desk.show_material()
    desk.point_at("VIEW_3D")
    desk.key("space")
    desk.wait("bpy.context.window_manager.windows[0].screen.is_animation_playing")
    for _ in range(3):
        desk.ask("bpy.ops.preferences.addon_disable(module=PACKAGE); answer = 0")
        desk.ask("bpy.ops.preferences.addon_enable(module=PACKAGE); answer = 0")
    begun = desk.ask("answer = bpy.context.window_manager.windows[0].scene.frame_current")
    desk.wait(f"bpy.context.window_manager.windows[0].scene.frame_current != {begun}")
    desk.key("space")
    scrub_to(desk, 200)
    assert not is_magenta(seen(desk, "reloaded"))
