"""Bake to UVs in the window: it goes on between Blender's events, and ESC stops it between pictures."""

from __future__ import annotations

from desk import Desk
from PIL import Image
from test_work import age

STATE = (
    "s = bpy.context.scene\n"
    "answer = [len(bpy.data.scenes), len(bpy.data.objects), len(bpy.data.materials), len(bpy.data.images),"
    " s.render.engine, s.cycles.samples, s.view_settings.view_transform, s.frame_current]"
)


def test_escape_stops_it_between_pictures_and_baking_again_writes_what_is_missing(desk: Desk) -> None:
    age(desk)
    desk.point_at("VIEW_3D")
    before = desk.ask(STATE)
    folder = desk.folder / "uv"
    maps = "{'BASE_COLOR', 'METALLIC', 'ROUGHNESS', 'NORMAL', 'HEIGHT', 'CHANGE', 'AGE'}"
    call = f"bpy.ops.patina.bake_uv('EXEC_DEFAULT', directory={str(folder)!r}, size=512, maps={maps}, overwrite=False)"
    desk.later(call)
    desk.wait(f"len(list(__import__('pathlib').Path({str(folder)!r}).glob('*.png'))) > 1")
    desk.picture("uv_bake")
    desk.key("Escape")
    desk.rest()
    files = sorted(folder.iterdir())
    assert 1 < len(files) < 7, files
    for file in files:
        with Image.open(file) as picture:
            picture.load()
            assert picture.size == (512, 512)
    assert desk.ask(STATE) == before
    times = {file: file.stat().st_mtime_ns for file in files}
    desk.later(call)
    desk.wait(f"len(list(__import__('pathlib').Path({str(folder)!r}).glob('*.png'))) == 7")
    desk.rest()
    assert desk.ask(STATE) == before
    assert {file: file.stat().st_mtime_ns for file in files} == times
