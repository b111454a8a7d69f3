"""When the engine is missing or dies, a frame shows the right texture, or magenta and a sentence; never another."""

import os
import signal
from pathlib import Path

import bpy
import numpy as np
import pytest
from stage import age_stage, is_magenta, patina, render_animation, render_frame


@pytest.fixture(autouse=True)
def fresh_engine() -> None:
    patina("scene.engine.process").close()


def test_without_an_engine_a_frame_is_magenta_and_recorded_then_recovers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    material = age_stage()
    good = render_frame(tmp_path, 5)
    monkeypatch.setenv("PATINA_PYTHON", str(tmp_path / "no-python"))
    missing = render_frame(tmp_path, 6)
    (failure,) = {(found.material, found.frame) for found in patina("scene.playback").failures}
    assert failure == ("Steel", 6)
    assert is_magenta(material)
    assert missing[..., 0].mean() > 5 * missing[..., 1].mean()
    assert "does not exist" in patina("scene.engine.process").describe()
    monkeypatch.undo()
    assert np.abs(render_frame(tmp_path, 5) - good).max() < 1 / 255
    assert not patina("scene.playback").failures


def test_a_python_without_torch_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    material = age_stage()
    bare = tmp_path / "python"
    bare.write_text('#!/bin/sh\nexec /usr/bin/env -i /usr/bin/python3 -S -I "$@"\n')
    bare.chmod(0o755)
    monkeypatch.setenv("PATINA_PYTHON", str(bare))
    render_frame(tmp_path, 5)
    assert is_magenta(material)
    assert patina("scene.playback").failures[-1].sentence.endswith(".")


def kill_when(monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """Kill the engine's process while a solve is under way, `times` times."""
    killed: list[int] = []
    engine = patina("engine.channel.client").Engine
    poll = engine.poll

    def poll_and_kill(self: object, timeout: float = 0.0) -> None:
        if self.pid is not None and self.pid not in killed and len(killed) < times and self._jobs:
            killed.append(self.pid)
            os.kill(self.pid, signal.SIGKILL)
        poll(self, timeout)

    monkeypatch.setattr(engine, "poll", poll_and_kill)
    return killed


def test_an_engine_killed_in_mid_frame_is_started_again_and_the_frame_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    age_stage()
    good = render_frame(tmp_path, 5)
    render_frame(tmp_path, 2)
    killed = kill_when(monkeypatch, times=1)
    again = render_frame(tmp_path, 5)
    assert len(killed) == 1
    assert np.abs(again - good).max() < 1 / 255
    assert not patina("scene.playback").failures


def test_an_engine_that_dies_again_and_again_gives_magenta_then_recovers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    material = age_stage()
    killed = kill_when(monkeypatch, times=1000)
    frames = render_animation(tmp_path, 4, 4)
    assert killed
    assert len(killed) < 20
    assert patina("scene.playback").failures[0].frame == 4
    assert is_magenta(material)
    monkeypatch.undo()
    assert np.abs(render_frame(tmp_path, 4) - frames[4]).max() > 0.1
    assert not is_magenta(material)


def test_a_model_that_changed_since_is_not_used_unseen(tmp_path: Path) -> None:
    material = age_stage()
    material.patina.model_hash = "0" * 64
    render_frame(tmp_path, 5)
    assert is_magenta(material)
    assert "not the one" in patina("scene.playback").failures[-1].sentence
    material.patina.model = material.patina.model
    render_frame(tmp_path, 5)
    assert not is_magenta(material)


def test_a_broken_engine_does_not_keep_the_scene_from_playing(monkeypatch: pytest.MonkeyPatch) -> None:
    age_stage()
    monkeypatch.setenv("PATINA_PYTHON", "/no/such/python")
    for frame in range(1, 200):
        bpy.context.scene.frame_set(frame)
    assert bpy.ops.patina.keyframe_age(frame_start=1, frame_end=5) == {"FINISHED"}
    assert bpy.ops.patina.remove_from_material() == {"FINISHED"}
