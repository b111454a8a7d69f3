"""Before a render without an engine, Live materials are named; baked ones render."""

from pathlib import Path

import pytest
from stage import age_stage, patina, render_frame
from test_bake import bake
from test_panels import draw


def test_live_materials_are_named_before_a_render_without_an_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    material = age_stage()
    bake(tmp_path / "textures", 1, 3)
    render_frame(tmp_path, 2)
    assert "no engine here" not in capfd.readouterr().err
    monkeypatch.setenv("PATINA_PYTHON", "/no/such/python")
    render_frame(tmp_path, 2)
    said = capfd.readouterr().err
    assert said.count("no engine here") == 1
    assert "/no/such/python" in said
    assert "'Steel' plays Live and will render magenta" in said and "bake it to an atlas or a sequence" in said
    assert "'Steel' plays Live" in draw().text
    material.patina.playback = "SEQUENCE"
    render_frame(tmp_path, 2)
    assert "no engine here" not in capfd.readouterr().err
    assert not patina("scene.playback").failures
    text = draw().text
    assert "plays Live" not in text and "Baked pictures are shown" in text
    assert {"patina.bake_sequence", "patina.play_sequence"} <= set(draw().operators)
