"""`patina bench` measures what it says; how fast a machine is is no matter of a test."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import is_one_sentence
from footage import darkening_frames, write_animation
from patina.engine import cli
from patina.engine.benchmark.lives import arithmetics, decibels, kept, tight
from patina.engine.benchmark.rows import median_ratio
from patina.engine.lives import memory
from patina.engine.lives.arithmetic import EXACT
from patina.engine.lives.life import LifeSettings
from patina.engine.models.model_file import load_model
from patina.engine.models.shipped import find_model
from patina.engine.training import benchmark
from patina.engine.training.benchmark import (
    AS_IT_TRAINS,
    FORMS,
    PLAIN,
    SHORT,
    PlainPatchLoss,
    Size,
    time_rows,
    training_of,
)
from patina.engine.training.benchmark_footage import rusting, rusting_under_flash
from patina.engine.training.benchmark_time import Timed, texture_of
from patina.engine.training.exemplar import Exemplar
from patina.engine.training.patch_loss import PatchLoss


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["patina", "bench", *map(str, arguments)])
    try:
        return cli.main()
    except SystemExit as error:
        return int(error.code or 0)


def test_the_short_form_prints_a_table_and_writes_the_same_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    film, path = write_animation(tmp_path / "film.webp", darkening_frames(extent=32)), tmp_path / "bench.json"
    assert run(monkeypatch, "train", "--short", "--kind", "flash", "--exemplar", film, "--json", path) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    written = json.loads(path.read_text())
    assert len(lines) == len(written) == len(FORMS) + 2
    steps = [row for row in written if row["measure"] == "a step"]
    assert [row["form"] for row in steps] == [form.name for form in FORMS]
    assert steps[0]["ratio"] == 1.0 and all(row["value"] > 0 and row["ratio"] > 0 for row in steps)
    memory = [row["value"] for row in written if row["measure"] == "memory"]
    assert sys.platform == "win32" or all(peak > 50e6 for peak in memory)
    for line, row in zip(lines, written, strict=True):
        assert row["form"] in line and line.startswith("flash")
        assert row["ratio"] is None or f"{row['ratio']:.2f}" in line


def test_the_short_form_of_playing_measures_every_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(memory, "keep_freed_memory", lambda: True)  # it changes the process that tests run in
    path = tmp_path / "bench.json"
    assert run(monkeypatch, "--short", "--json", path, "--model", "clay_drying") == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    written = json.loads(path.read_text())
    assert len(lines) == len(written)
    assert all(row["what"] in line and row["form"] in line for line, row in zip(lines, written, strict=True))
    assert all(row["value"] > 0 for row in written)
    measured = {row["what"] for row in written}
    assert measured >= {
        "a life",
        "an evaluation",
        "a solve",
        "a jump, life kept",
        "engine to Blender's process",
        "first picture",
        "large extents",
        "limit of this machine",
    }
    assert sys.platform == "win32" or "memory of the engine" in measured
    plain, *ours = [row for row in written if row["what"] == "a life"]
    assert plain["ratio"] == 1.0 and len(ours) == len(arithmetics()) + 1
    assert all(20 < row["error"] < 100 for row in (plain, *ours))
    assert all(row["error"] > 100 for row in written if row["what"] == "an evaluation" and row["form"] == EXACT)


def test_errors_are_taken_against_a_tight_solution() -> None:
    model = load_model(find_model("clay_drying"))
    exact, finer = tight(model, 16), replace(model, grid=replace(model.grid, warm_up_steps=64, steps=320))
    assert decibels(kept(finer, 16, LifeSettings()), exact) > decibels(kept(model, 16, LifeSettings()), exact) + 8
    assert decibels(exact, exact) > 200


def test_ratios_are_of_the_same_turn() -> None:
    assert median_ratio([10, 20, 90], [5, 5, 30]) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("--model", "no_such_model"),
        ("--short", "--json", "nowhere/bench.json"),
        ("train", "--exemplar", "film.webp"),
        ("train", "--texture", "0"),
        ("train", "--steps", "-1"),
        ("train", "--json", "nowhere/bench.json"),
        ("train", "--kind", "rgb", "--exemplar", "nothing.webp"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_sentence(
    arguments: tuple, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *arguments) == 2
    assert is_one_sentence(capsys.readouterr().err.strip())


def test_the_time_to_a_texture_is_that_of_the_first_model_that_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[int] = []

    def texture(path: Path, exemplar: Exemplar, texels: int, device: str) -> float:
        judged.append(load_model(path).header.training["iterations"])
        return 1 / judged[-1]

    monkeypatch.setattr(benchmark, "texture_of", texture)
    seconds = iter(range(1, 1000))
    monkeypatch.setattr(benchmark, "_seconds", lambda work, device: (work(), next(seconds))[1])
    size = replace(SHORT, steps=60, between=6)
    reached = list(time_rows("rgb", size, rusting(32), "cpu", 1 / 40))  # after 42 steps, seven turns
    assert [row.form for row in reached] == [PLAIN.name, AS_IT_TRAINS.name]
    assert [row.value for row in reached] == [sum(range(1, 15, 2)), sum(range(2, 15, 2))]  # the forms take turns
    assert [row.ratio for row in reached] == [1.0, 49 / 56]
    assert 36 in judged and 54 not in judged  # halved between the 4th and the 8th look; none is tried beyond
    missed = list(time_rows("rgb", size, rusting(32), "cpu", 1 / 66))
    assert all(row.value is None and row.ratio is None for row in missed)


def test_the_texture_of_a_model_under_way_is_what_evaluate_says(tmp_path: Path) -> None:
    """A model that was trained a little is nearer to its footage than one at the start."""
    footage = rusting(64)
    timed = Timed(training_of("rgb", AS_IT_TRAINS, replace(SHORT, texels=32), footage, "cpu"), tmp_path)
    found = []
    for steps in (0, 240):
        for _ in range(steps):
            timed.training.step()
        timed.look()
        found.append(texture_of(tmp_path / f"look_{len(found)}.safetensors", footage, 64, "cpu"))
    assert 1 < found[1] < 0.9 * found[0]


def test_all_forms_see_the_same_times_from_the_same_start() -> None:
    trainings = [training_of("rgb", form, SHORT, rusting(32), "cpu") for form in FORMS]
    losses = []
    for training in trainings:
        losses.append(training.step())
        assert training.time == trainings[0].time
    assert max(losses) < 1.2 * min(losses)


def test_the_plain_loss_is_the_same_loss() -> None:
    one, other = torch.rand((2, 1, 3, 32, 32), generator=torch.Generator().manual_seed(0))
    distances = [
        float(loss(one, [(other, 0.4), (one, 0.6)], torch.Generator().manual_seed(1)))
        for loss in (PatchLoss(), PlainPatchLoss())
    ]
    assert distances[0] == pytest.approx(distances[1], rel=1e-5)


@pytest.mark.parametrize("footage", [rusting, rusting_under_flash])
def test_footage_made_for_the_purpose_ages(footage) -> None:
    frames = footage(48).frames
    assert frames.shape == (12, 48, 48, 3) and frames.dtype == np.uint8
    red_over_blue = frames[..., 0].mean((1, 2)) - frames[..., 2].mean((1, 2), dtype=float)
    assert np.all(np.diff(red_over_blue) > 0) and frames.std() > 10


def test_the_long_form_measures_what_is_trained() -> None:
    assert (Size().width, Size().texels, Size().footage) == (32, 64, 128)
