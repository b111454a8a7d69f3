"""After choosing a model something true is on screen at once: a small piece of the life, until the whole is solved."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from stage import TINY, image_pixels, new_material, patina, render_frame, set_stage
from test_live import settle, submitted

PIECE, EXTENT = 64, 256


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list:
    return submitted(monkeypatch)


def aged(requests: list, resolution: int = EXTENT) -> bpy.types.Material:
    """A material of which nothing was shown or asked for yet."""
    material = new_material(set_stage())
    bpy.ops.patina.add_to_material(model=TINY)
    material.patina.resolution = resolution
    bpy.context.view_layer.update()
    patina("scene.playback").forget()
    requests.clear()
    material.patina.age = 0.6
    return material


def look() -> None:
    """The window's event loop until the first answer is on screen."""
    playback = patina("scene.playback")
    bpy.context.view_layer.update()
    (job,) = playback._pending.values()
    patina("scene.engine.process").engine().wait(job)
    playback.tick()


def is_piecewise(pixels: np.ndarray) -> bool:
    return np.array_equal(pixels[:PIECE, :PIECE], pixels[PIECE : 2 * PIECE, -PIECE:])


def kinds(requests: list) -> list[tuple[str, int]]:
    return [(type(request).__name__, request.extent) for request in requests]


def test_a_small_piece_repeated_comes_first_and_the_whole_takes_its_place(requests: list) -> None:
    material = aged(requests)
    look()
    first = image_pixels(material)
    assert first.shape == (EXTENT, EXTENT, 4) and is_piecewise(first) and first[..., :3].std() > 0.01
    settle()
    whole = image_pixels(material)
    assert kinds(requests) == [("DraftRequest", PIECE), ("MapsRequest", EXTENT)]
    assert not is_piecewise(whole)
    # The same material: colours are spread alike, and features are as large.
    assert np.abs(first.mean((0, 1)) - whole.mean((0, 1))).max() < 0.05
    steps = [np.abs(np.diff(pixels[:PIECE, :PIECE, 0], axis=0)).mean() for pixels in (first, whole)]
    assert steps[0] == pytest.approx(steps[1], rel=0.2)


def test_what_has_come_is_shown_though_another_wish_was_put_off(
    requests: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure's rest is over in the very moment in which the answer is there."""
    material = aged(requests)
    monkeypatch.setattr(patina("scene.playback"), "_put_off", True)
    look()
    assert image_pixels(material)[..., :3].std() > 0.01


def test_an_age_that_is_dragged_meanwhile_ends_at_the_newest(requests: list) -> None:
    material = aged(requests)
    for age in (0.7, 0.8, 0.9):
        material.patina.age = age
        bpy.context.view_layer.update()
    settle()
    assert [request.age for request in requests][-1] == pytest.approx(0.9)
    dragged = image_pixels(material)
    bpy.ops.ed.undo_push()
    patina("scene.playback").forget()
    material.node_tree.update_tag()
    bpy.context.view_layer.update()
    settle()
    assert np.array_equal(image_pixels(material), dragged)


def test_what_is_on_screen_is_not_replaced_by_less(requests: list) -> None:
    material = aged(requests)
    bpy.context.view_layer.update()
    settle()
    requests.clear()
    material.patina.age = 0.2
    bpy.context.view_layer.update()
    settle()
    patina("scene.playback").forget()  # as an undo does
    material.patina.age = 0.3
    bpy.context.view_layer.update()
    settle()
    assert {name for name, _ in kinds(requests)} == {"MapsRequest"}
    requests.clear()
    material.patina.seed = 5
    bpy.context.view_layer.update()
    settle()
    assert kinds(requests) == [("DraftRequest", PIECE), ("MapsRequest", EXTENT)]


@pytest.mark.parametrize("resolution", [64, 128])
def test_a_small_texture_comes_whole(resolution: int, requests: list) -> None:
    aged(requests, resolution)
    bpy.context.view_layer.update()
    settle()
    assert kinds(requests) == [("MapsRequest", resolution)]


def test_a_render_shows_no_piece(requests: list, tmp_path) -> None:
    material = aged(requests)
    look()
    render_frame(tmp_path, 1)
    assert not is_piecewise(image_pixels(material))
    assert kinds(requests)[-1] == ("MapsRequest", EXTENT)
