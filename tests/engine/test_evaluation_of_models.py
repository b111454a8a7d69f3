"""`patina evaluate` ranks models as people would, and says what it found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import DATA, is_one_sentence
from footage import RULES, SMALL, rgb_objective, write_frames
from patina.engine import cli
from patina.engine.appearance import PrincipledAppearance
from patina.engine.evaluation import judge as judging
from patina.engine.evaluation import portilla_simoncelli
from patina.engine.evaluation.judge import Judge, Settings, as_trained
from patina.engine.evaluation.portilla_simoncelli import MissingLibraryError
from patina.engine.evaluation.verdict import GOOD, Evaluation
from patina.engine.evaluation.views import FlashView, kind_of
from patina.engine.models.model_file import Model, load_model, save_model
from patina.engine.models.shipped import find_model
from patina.engine.training.exemplar import Exemplar, read_exemplar
from patina.engine.training.patch_loss import PatchLoss
from patina.engine.training.record import Description, header_of
from patina.engine.training.training import Training
from PIL import Image
from textures import spots, spotted

EXEMPLARS = os.environ.get("PATINA_EXEMPLARS")
STEPS = 200
TWO = Settings(size=32, seeds=(0, 1))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Model]:
    """A model of spotted footage after a tenth of its training, and after all of it."""
    folder = tmp_path_factory.mktemp("models")
    config = replace(SMALL, iterations=STEPS, learning_rate=1e-2, averaging=0.95, duration=2.0)
    loss = PatchLoss(projections=16, scales=2)
    training = Training(rgb_objective(spotted(), rules=RULES, flatten=False, loss=loss), config)
    models = {}
    while training.iteration < STEPS:
        training.step()
        if training.iteration in (STEPS // 10, STEPS):
            training.check()
            path = folder / f"spotted_{training.iteration}.safetensors"
            save_model(training.averaged, header_of(training, path, Description("Spots"), 0.0), path)
            models[training.iteration] = load_model(path)
    return models


def evaluated(
    model: Model, folder: Path, exemplar: Exemplar, settings: Settings = TWO, spoil: Callable | None = None
) -> Evaluation:
    """The evaluation of a model; `spoil` changes every picture of it."""
    judge = Judge(model, exemplar, settings, "cpu", folder)
    if spoil is not None:
        picture = judge.view.picture
        judge.view.picture = lambda observed: spoil(picture(observed))  # type: ignore[method-assign]
    return judge.run()


@pytest.fixture(scope="module")
def whole(trained: dict[int, Model], tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    return evaluated(trained[STEPS], tmp_path_factory.mktemp("lives"), spotted())


def shuffled(picture: np.ndarray) -> np.ndarray:
    """The texels of base colour in random places."""
    order = np.random.Generator(np.random.PCG64(5)).permutation(picture.shape[0] * picture.shape[1])
    return picture.reshape(-1, 3)[order].reshape(picture.shape)


def averaged_over_nine(picture: np.ndarray) -> np.ndarray:
    """Blurred by 3 x 3 texels."""
    around = [(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1)]
    return sum(np.roll(picture, shift, (0, 1)) for shift in around) / 9


def test_a_tenth_of_the_training_ranks_worse(trained: dict[int, Model], whole: Evaluation, tmp_path: Path) -> None:
    tenth = evaluated(trained[STEPS // 10], tmp_path, spotted())
    assert tenth.mean_texture > 1.2 * whole.mean_texture
    for statistic in ("values", "patches"):
        assert sum(getattr(age, statistic) for age in tenth.ages) > 1.2 * sum(
            getattr(age, statistic) for age in whole.ages
        )


def test_a_shuffled_map_ranks_worse(tiny: Model, tmp_path: Path) -> None:
    """Than what a perfect model would show: other pieces of the same surface."""

    def perfect(picture: np.ndarray) -> np.ndarray:
        return spots(1 + int(1e6 * picture.mean()) % 20, len(picture))

    frames = np.repeat((255 * spots(0, 32)).round().astype(np.uint8)[None], 3, axis=0)
    footage = Exemplar("still", frames, np.linspace(0, 1, 3))
    good = evaluated(tiny, tmp_path, footage, spoil=perfect)
    mixed = evaluated(tiny, tmp_path, footage, spoil=lambda picture: shuffled(perfect(picture)))
    assert good.mean_texture < 1.5 and mixed.mean_texture > 1.5 * good.mean_texture
    assert sum(age.patches for age in mixed.ages) > 1.5 * sum(age.patches for age in good.ages)


def test_an_evaluation_says_what_was_compared(whole: Evaluation) -> None:
    assert (whole.kind, whole.size, whole.patch, whole.seeds) == ("rgb", 32, 16, [0, 1])
    assert len(whole.ages) == 11 and len(whole.judged) == 5
    for age in whole.ages:
        assert sum(share for _, share in age.frames) == pytest.approx(1, abs=1e-3)
        assert all(np.isfinite(value) for value in asdict(age)["texture"].values())
        assert age.is_good == (age.texture["lightness"] <= GOOD)
        assert age.worst_texture == pytest.approx(np.mean(age.by_seed))  # one judged plane: the mean over the seeds
    assert [(step.start, step.end) for step in whole.intervals] == [(0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1)]
    assert not whole.is_good and f"at {sum(age.is_good for age in whole.judged)} of 5 ages" in whole.summary


def test_the_verdict_needs_every_age_and_no_complaint(whole: Evaluation) -> None:
    fine = [
        replace(age, texture={"lightness": 1.29}, palette=1.9, nearest=1.0, nearest_tenth=1.0, seam=1.0)
        for age in whole.ages
    ]
    good = replace(whole, ages=fine, whole_change=1.0)
    assert good.is_good and good.complaints == [] and "11" not in good.summary
    worse = [replace(fine[0], texture={"lightness": 1.31}), *fine[1:]]
    assert not replace(good, ages=worse).is_good and replace(good, ages=worse).complaints == []
    between = [fine[0], replace(fine[1], texture={"lightness": 5.0}), *fine[2:]]
    assert not fine[1].near_frame and replace(good, ages=between).is_good
    for change, complaint in (
        ({"palette": 2.1}, "colours are not its footage's (2.10)"),
        ({"nearest_tenth": 0.3}, "recites"),
        ({"likeness": 0.9}, "shifted copies"),
        ({"seam": 1.5}, "border"),
    ):
        bad = replace(good, ages=[replace(age, **change) for age in fine])
        assert not bad.is_good and complaint in bad.summary
    assert "3.00 times as much" in replace(good, whole_change=3.0).summary


def test_the_same_evaluation_twice_has_the_same_figures(
    trained: dict[int, Model], whole: Evaluation, tmp_path: Path
) -> None:
    again = evaluated(trained[STEPS], tmp_path, spotted())
    assert replace(again, seconds=0, memory=0) == replace(whole, seconds=0, memory=0)


def test_the_exemplar_is_reduced_as_it_was_for_training(tiny: Model) -> None:
    large = spotted(count=2, extent=64)
    assert as_trained(large, tiny) is large
    record = replace(tiny, header=replace(tiny.header, training={"kind": "rgb", "texels": [32, 32]}))
    assert as_trained(large, record).frames.shape == (2, 32, 32, 3)


def test_a_photograph_of_a_model_is_its_maps_under_its_light(tiny: Model, tmp_path: Path) -> None:
    """It falls off towards the edges, and doubles with the light."""
    view = FlashView(spotted(count=2), PrincipledAppearance(1.0), {"intensity": 2.0, "x": 0.0, "y": 0.0})
    assert view.extent(128) == 32
    state = torch.zeros(6, 64, 64)
    state[3], state[4] = -1, 1  # no metal, as rough as can be
    picture = view.picture(state)
    assert picture.shape == (64, 64, 3)
    assert np.allclose(picture[:32, :32], picture[32:, 32:])  # a larger state is lit as photographs side by side
    assert picture[16, 16, 0] > picture[0, 0, 0] + 0.01
    half = FlashView(spotted(count=2), PrincipledAppearance(1.0), {"intensity": 1.0, "x": 0.0, "y": 0.0})
    assert np.allclose((half.picture(state) / picture) ** 2.2, 0.5, atol=0.02)


def test_kinds_follow_from_the_header(tiny: Model) -> None:
    assert kind_of(tiny.header) == "rgb"
    assert kind_of(replace(tiny.header, training={"kind": "maps"})) == "maps"
    relightable = replace(tiny.header, appearance={"form": "principled"})
    assert kind_of(replace(relightable, light={"intensity": 1.0, "x": 0.0, "y": 0.0})) == "flash"
    with pytest.raises(Exception, match="does not say") as caught:
        kind_of(relightable)
    assert is_one_sentence(str(caught.value))


# The command


def command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["patina", "evaluate", *map(str, arguments)])
    try:
        return cli.main()
    except SystemExit as error:
        return int(error.code or 0)


def test_the_command_prints_a_table_and_writes_figures_and_a_picture(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    footage = write_frames(tmp_path / "footage", spotted().frames)
    figures, picture = tmp_path / "found.json", tmp_path / "found.png"
    figures.write_text("before")
    assert command(monkeypatch, tiny_path, footage, "--size", 32, "--json", figures, "--picture", picture) == 0
    said = capsys.readouterr()
    found = json.loads(figures.read_text(encoding="utf-8"))
    assert said.out.splitlines()[-1] == found["summary"] and found["summary"].startswith("tiny: not good")
    assert len(found["ages"]) == 11 and found["seeds"] == [0, 1, 2]
    for age in found["ages"]:
        row = next(line for line in said.out.splitlines() if line.split()[:1] == [f"{age['age']:.3f}"])
        assert f"{age['texture']['lightness']:.2f}" in row and f"{age['values']:.2f}" in row
    with Image.open(picture) as image:
        assert image.size == (11 * 36, 2 * 36)
        top = np.asarray(image)[:32, 10 * 36 : 10 * 36 + 32]
    assert np.array_equal(top, judging.view_of(*_parts(footage, tiny_path)).shown(_last(footage, tiny_path))[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["footage", "found.json", "found.png"]


def _parts(footage: Path, path: Path) -> tuple:
    model = load_model(path)
    return read_exemplar(footage), model.appearance, model.header


def _last(footage: Path, path: Path) -> np.ndarray:
    return judging.view_of(*_parts(footage, path)).frame(4)


BAD = {
    "no model": ("nowhere", "footage"),
    "no footage": (DATA / "tiny.safetensors", "nowhere.webp"),
    "small footage": (DATA / "tiny.safetensors", "small", "--size", 32),
    "small states": (DATA / "tiny.safetensors", "footage", "--size", 16),
    "odd states": (DATA / "tiny.safetensors", "footage", "--size", 33),
    "negative seed": (DATA / "tiny.safetensors", "footage", "--size", 32, "--seed", -1),
    "no folder": (DATA / "tiny.safetensors", "footage", "--size", 32, "--json", "nowhere/found.json"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_judged_is_one_line_and_leaves_no_file(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_frames(tmp_path / "footage", spotted(count=2).frames)
    write_frames(tmp_path / "small", spotted(count=2).frames[:, :20, :20])
    monkeypatch.setattr(Judge, "run", lambda *_: pytest.fail("it went to work"))
    assert command(monkeypatch, *BAD[name]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("patina: ") and said.err.count("\n") == 1
    assert is_one_sentence(said.err.strip())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["footage", "small"]


def test_a_missing_library_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    portilla_simoncelli._library.cache_clear()
    monkeypatch.setitem(sys.modules, "plenoptic.models", None)
    with pytest.raises(MissingLibraryError, match=r"requirements/evaluate\.txt") as caught:
        portilla_simoncelli._library(16)
    assert is_one_sentence(str(caught.value))


def test_the_library_is_loaded_only_to_evaluate() -> None:
    program = (
        "import sys; import patina.engine.cli, patina.engine.evaluation.judge\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'plenoptic', 'matplotlib', 'skimage'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


# Real footage


@pytest.mark.skipif(EXEMPLARS is None, reason="PATINA_EXEMPLARS names no folder of footage")
def test_the_model_that_ships_ranks_above_itself_spoiled(tmp_path: Path) -> None:
    footage = read_exemplar(Path(str(EXEMPLARS)) / "rusting_steel.webp")
    model = load_model(find_model("rusting_steel"))
    settings = Settings(size=64, seeds=(0, 1))
    good = evaluated(model, tmp_path, footage, settings)
    mixed = evaluated(model, tmp_path, footage, settings, shuffled)
    blurred = evaluated(model, tmp_path, footage, settings, averaged_over_nine)
    redder = evaluated(model, tmp_path, footage, settings, lambda some: np.clip(some + np.float32([0.05, 0, 0]), 0, 1))
    assert good.complaints == [] and good.mean_texture < 1.6
    assert mixed.mean_texture > 1.2 * good.mean_texture
    assert blurred.mean_texture > 1.2 * good.mean_texture
    assert sum(age.values for age in redder.ages) > 1.2 * sum(age.values for age in good.ages)
    blue = evaluated(model, tmp_path, footage, settings, lambda some: np.where(some < 0.5, some[..., ::-1], some))
    assert "colours are not" in blue.summary
