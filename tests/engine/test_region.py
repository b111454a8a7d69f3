"""A part of the footage: cut out, it stays where it lay under the flash, in training and when a model is judged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import is_one_sentence
from footage import darkening, darkening_frames, rgb_objective, write_animation
from patina.engine.cli import main
from patina.engine.errors import InvalidExemplarError
from patina.engine.evaluation.judge import as_trained
from patina.engine.evaluation.views import FlashView
from patina.engine.files import progress
from patina.engine.models.model_file import Model, load_model
from patina.engine.rendering.flash import Light
from patina.engine.training.exemplar import Region, cut
from patina.engine.training.flash import FlashObjective
from test_objectives import LOSS, generator, photographed, surface, with_light

REGION = (0.5, 0.25, 1.0, 1.0)  # of 64 x 64: rows from 16 on, columns from 32 on
LIGHT = Light(2.5, 0.1, -0.05)


def plates() -> list[torch.Tensor]:
    """Two flat, even plates: what differs from place to place is the light."""
    states = [surface(roughness, extent=64, grain=0.0) for roughness in (0.8, 0.3)]
    for state in states:
        state[:, 5] = 0
    return states


def test_a_region_is_rows_and_columns_of_every_frame_and_nothing_else_changes() -> None:
    whole = darkening(extent=64)
    part = cut(whole, REGION)
    assert np.array_equal(part.frames, whole.frames[:, 16:, 32:])
    assert (part.name, part.region) == (whole.name, REGION) and np.array_equal(part.ages, whole.ages)
    assert rgb_objective(part).frames.shape[2:] == (48, 32)


def test_photographs_keep_their_place_under_the_flash() -> None:
    """The piece of the plate that lay there is nearest to its photograph; as if the part were the whole, it is far."""
    states = plates()
    whole = photographed(states, LIGHT)
    part = cut(whole, REGION)
    here = with_light(FlashObjective(part, loss=LOSS), LIGHT)
    elsewhere = with_light(FlashObjective(replace(part, region=None, cut_from=None), loss=LOSS), LIGHT)
    assert torch.equal(here.plane.positions(2, 3, 5, 7), whole.plane.positions(18, 35, 5, 7))
    state = states[1][..., :32, :32]
    for measure in ("distance", "initial_distance"):
        right, wrong = (float(getattr(each, measure)(state, 1.0, generator())) for each in (here, elsewhere))
        assert right < 0.1 * wrong


def test_the_picture_of_a_training_shows_the_part_as_it_is_lit() -> None:
    states = plates()
    objective = with_light(FlashObjective(cut(photographed(states, LIGHT), REGION), loss=LOSS), LIGHT)
    ours = objective.synthesis_pictures(states[0][..., :48, :32])[0]
    assert np.abs(ours.astype(int) - objective.exemplar_pictures(0.0)[0]).max() <= 1


def test_a_model_is_judged_by_the_part_that_it_learned_from(tiny: Model) -> None:
    record = {"kind": "flash", "texels": [64, 64], "region": list(REGION)}
    states = plates()
    part = as_trained(photographed(states, LIGHT), replace(tiny, header=replace(tiny.header, training=record)))
    assert part.region == REGION and part.frames.shape[1:3] == (48, 32)
    look = FlashObjective(part, loss=LOSS).look
    view = FlashView(part, look, {"intensity": 2.5, "x": 0.1, "y": -0.05})
    assert np.abs(view.picture(states[0][0, :, :48, :48]) - view.frame(0)).max() < 0.01


@pytest.mark.parametrize("odd", ["all", [], [0.5], [1, 2, 3, 4], None])
def test_a_record_that_names_no_region_is_passed_over(odd: object, tiny: Model) -> None:
    record = replace(tiny, header=replace(tiny.header, training={"region": odd}))
    exemplar = darkening()
    assert as_trained(exemplar, record) is exemplar


@pytest.mark.parametrize(
    "region",
    [
        (0.5, 0.0, 0.5, 1.0),
        (0.6, 0.0, 0.5, 1.0),
        (-0.1, 0.0, 1.0, 1.0),
        (0.0, 0.0, 1.0, 1.01),
        (0.0, 0.9, 1.0, 1.0),
        (float("nan"), 0.0, 1.0, 1.0),
    ],
    ids=str,
)
def test_what_is_no_part_of_a_picture_is_refused(region: Region) -> None:
    with pytest.raises(InvalidExemplarError, match=r"is no part of a picture|is only 64 x 6 texels") as caught:
        cut(darkening(extent=64), region)
    assert is_one_sentence(str(caught.value))


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr("sys.argv", ["patina", *map(str, words)])
    return main()


def test_the_record_names_the_part_and_the_command_resumes_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    footage = write_animation(tmp_path / "rust.webp", darkening_frames(count=2, extent=80))
    path, options = tmp_path / "rust.safetensors", ("--kind", "rgb", "--size", 16, "--width", 8, "--iterations", 1)
    shares = ",".join(map(str, REGION))
    command = ("train", footage, path, *options, "--texels", 64)
    assert run(monkeypatch, *command, "--region", "0.5,0,0.4,1") == 2
    assert "is no part of a picture" in capsys.readouterr().err and not path.exists()
    assert run(monkeypatch, *command, "--region", shares) == 0
    record = load_model(path).header.training
    assert (record["texels"], record["region"]) == ([64, 64], list(REGION))
    path.unlink()
    assert run(monkeypatch, *progress.read(path).command, "--iterations=2") == 0
    assert load_model(path).header.training["iterations"] == 2
