"""Footage whose white is off is corrected as linear light, in training and when a model is judged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import is_one_sentence
from footage import darkening, darkening_frames, write_animation
from patina.engine.cli import main
from patina.engine.errors import PatinaError
from patina.engine.evaluation.judge import as_trained
from patina.engine.files import progress
from patina.engine.maps.color import srgb_to_linear
from patina.engine.models.model_file import load_model
from patina.engine.training.exemplar import Exemplar
from patina.engine.training.white_balance import balanced

GAINS = (1.0, 1.25, 0.5)


def linear(frames: np.ndarray) -> np.ndarray:
    return srgb_to_linear(torch.from_numpy(frames) / 255).numpy()


def test_linear_light_is_multiplied_and_white_stays_the_most() -> None:
    frames = np.arange(256, dtype=np.uint8).repeat(3 * 32).reshape(2, 128, 32, 3)
    exemplar = Exemplar("ramp", frames, np.array([0.0, 1.0]))
    found = linear(balanced(exemplar, GAINS).frames)
    assert found == pytest.approx((linear(frames) * GAINS).clip(0, 1), abs=0.005)  # half a step of 8 bits near white
    assert balanced(exemplar, GAINS).frames[1, -1, 0].tolist() == [255, 255, 188]  # 0.5 of linear light


def test_nothing_else_changes_and_a_gain_of_one_changes_nothing() -> None:
    exemplar = darkening()
    same = balanced(exemplar, (1.0, 1.0, 1.0))
    assert np.array_equal(same.frames, exemplar.frames) and np.array_equal(same.ages, exemplar.ages)
    assert same.white_balance == (1.0, 1.0, 1.0) and exemplar.white_balance is None


@pytest.mark.parametrize("gains", [(0.0, 1.0, 1.0), (1.0, -1.0, 1.0), (1.0, 1.0, 5.0), (1.0, float("nan"), 1.0)])
def test_gains_that_are_no_lights_are_refused(gains: tuple[float, float, float]) -> None:
    with pytest.raises(PatinaError, match="is none") as refusal:
        balanced(darkening(), gains)
    assert is_one_sentence(str(refusal.value))


def test_texture_sets_have_no_white_to_correct() -> None:
    maps = Exemplar("sets", np.zeros((2, 32, 32, 6), np.float32), np.array([0.0, 1.0]))
    with pytest.raises(PatinaError, match="texture sets") as refusal:
        balanced(maps, GAINS)
    assert is_one_sentence(str(refusal.value))


def test_it_is_stated_recorded_resumed_and_judged_by(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    footage = write_animation(tmp_path / "rust.webp", darkening_frames(count=2))
    path = tmp_path / "rust.safetensors"
    options = ("--kind", "rgb", "--size", "16", "--width", "8", "--iterations", "1", "--white-balance", "1,1.25,0.5")

    def run(*arguments: object) -> int:
        monkeypatch.setattr("sys.argv", ["patina", *map(str, arguments)])
        return main()

    assert run("train", footage, path, *options) == 0
    model = load_model(path)
    assert model.header.training["white_balance"] == list(GAINS)
    seen = darkening(count=2)
    assert np.array_equal(as_trained(seen, model).frames, balanced(seen, GAINS).frames)
    plain = replace(model, header=replace(model.header, training={}))
    assert np.array_equal(as_trained(seen, plain).frames, seen.frames)
    command = progress.read(path).command
    assert "--white-balance=1.0,1.25,0.5" in command
    path.unlink()
    assert run(*command) == 0 and load_model(path).header.training["white_balance"] == list(GAINS)


@pytest.mark.parametrize("text", ["1,1", "a,b,c", "1,1,1,1"])
def test_what_is_no_white_balance_is_refused_by_the_command(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", "rust.webp", "rust.safetensors", "--kind", "rgb", "--white-balance", text]
    monkeypatch.setattr("sys.argv", ["patina", *arguments])
    with pytest.raises(SystemExit):
        main()
    assert "is not what red, green and blue are multiplied by" in capsys.readouterr().err
