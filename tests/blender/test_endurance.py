"""Short forms of what `python -m tests.endurance` does for hours."""

import random
import sys
import time
from pathlib import Path

import bpy
import pytest
from stage import TINY, age_stage, is_magenta, patina, render_frame, use_cycles

from tests.endurance import jumps, writers
from tests.endurance.truth import Truth, settle, wanted

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@linux_only
def test_after_random_jumps_and_edits_what_rests_is_what_was_set(tmp_path: Path) -> None:
    report = jumps.run(tmp_path, 60, seed=random.randrange(1 << 30), seconds=40.0, models=(TINY,))
    assert report.problems == []
    assert report.looked > 10


def test_a_comparison_sees_an_image_of_another_seed_and_one_of_another_size(tmp_path: Path) -> None:
    """Otherwise no long run could fail."""
    material = age_stage()
    settle()
    truth = Truth(tmp_path / "lives")
    render_frame(tmp_path, 5)
    right = wanted(material)
    assert truth.wrong(material, right) == ""
    material.patina.seed = 1
    assert "base_color off by" in truth.wrong(material, wanted(material))
    material.patina.resolution = 96
    assert "base_color of (64, 64) instead of (96, 96)" in truth.wrong(material, wanted(material))
    truth.close()


@linux_only
def test_an_engine_without_memory_leaves_blender_well_and_offers_a_resolution_that_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    material = age_stage(extent=1024)
    use_cycles()
    script = tmp_path / "python"
    engine = patina("scene.engine.process").engine_python()
    script.write_text(f'#!/bin/sh\nulimit -d {400 << 10}\nexec {engine} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATINA_PYTHON", str(script))
    render_frame(tmp_path, 1)
    (sentence,) = {found.sentence for found in patina("scene.playback").failures}
    assert is_magenta(material)
    assert sentence == "There is not enough memory at a resolution of 1024: choose a smaller one, such as 512."
    material.patina.resolution = 64
    render_frame(tmp_path, 1)
    assert not is_magenta(material) and not patina("scene.playback").failures
    patina("scene.engine.process").close()


def test_what_was_wished_for_while_a_failure_rests_is_shown_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    material = age_stage()
    settle()
    playback = patina("scene.playback")
    monkeypatch.setenv("PATINA_PYTHON", "/no/such/python")
    bpy.context.scene.frame_set(4)
    settle()
    assert is_magenta(material)
    monkeypatch.undo()
    assert playback._rest_until > 0
    bpy.context.scene.frame_set(5)  # within the rest: nothing is asked, and nobody moves the playhead again
    settle()
    assert not is_magenta(material)


def test_the_timer_goes_on_when_it_has_just_tagged_what_was_put_off(monkeypatch: pytest.MonkeyPatch) -> None:
    age_stage()
    settle()
    playback = patina("scene.playback")
    monkeypatch.setattr(playback, "_rest_until", time.monotonic() + 3600)
    bpy.context.scene.frame_set(4)
    assert playback.tick() is not None
    monkeypatch.setattr(playback, "_rest_until", 0.0)
    assert playback.tick() is not None  # nothing is asked for yet
    settle()
    assert playback.tick() is None


@linux_only
def test_a_bake_killed_with_its_blender_goes_on_to_the_same_files(tmp_path: Path) -> None:
    work = writers.baking(tmp_path, TINY, 64)
    report = writers.Report()
    writers.run(work, 1, report, seed=3, seconds=60.0)
    assert report.problems == [] and report.finished["bake"] == 1


def test_whole_files_are_told_from_broken_ones(tmp_path: Path) -> None:
    age_stage()
    bpy.ops.patina.bake_sequence(directory=str(tmp_path), frame_start=1, frame_end=1)
    assert writers.broken_pictures(tmp_path) == []
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:-20])
    assert len(writers.broken_pictures(tmp_path)) == 6
