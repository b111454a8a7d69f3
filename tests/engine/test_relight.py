"""Relighting against the truth: expected photographs, and that worse models are told from better ones."""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import is_one_sentence
from patina.engine.appearance import MetallicAppearance, PrincipledAppearance, RelightableAppearance
from patina.engine.errors import InvalidExemplarError, InvalidModelError, InvalidRequestError
from patina.engine.models.model_file import Model, save_model
from patina.engine.models.network import NetworkConfig, VectorField
from patina.engine.rendering.flash import Frame, Light
from PIL import Image
from torch import Tensor

from benchmarks import relight
from benchmarks.relight_measures import decibels, expected, halves, patch_distance, shifted, similarity, squared_error
from benchmarks.relight_report import side_by_side
from benchmarks.relight_scores import HALVES, UNLIT, compare, map_averages, renderer_agreement
from benchmarks.relight_subjects import Exemplar, Subject, read_synthetic, subject_of_model

ROOT = Path(__file__).parent.parent.parent
LOOK = PrincipledAppearance(relief=1.0)
LIGHTS = {"flash": Light(2.0), "north": Light(2.0, 0.0, 0.6)}
TEXELS = 32


def texture(
    seed: int, gloss: float = 0.4, texels: int = TEXELS, relief: float = 0.3, flatness: float = 0.1, metal: float = -1.0
) -> Tensor:
    """A state [6, T, T]: bumpy, speckled, of this roughness in maps."""
    generator = torch.Generator().manual_seed(seed)
    state = flatness * torch.randn(6, texels, texels, generator=generator)
    state[3] = metal
    state[4] = 2 * gloss - 1 + 0.05 * state[4]
    state[5] = relief * torch.randn(texels, texels, generator=generator)
    return state


def subject(name: str, *states: Tensor, lights: dict[str, Light] | None = None) -> Subject:
    return Subject(name, LOOK, lights or LIGHTS, [[state] for state in states])


def exemplar_of(state: Tensor) -> Exemplar:
    truth = subject("truth", state)
    return Exemplar(truth, [0.0], {light: [truth.photograph(light, 0, 0)] for light in LIGHTS}, "", 0)


@pytest.mark.parametrize("look", [LOOK, MetallicAppearance(alphas=2)], ids=["principled", "anisotropic"])
def test_all_texels_at_all_places_are_the_photographs_of_all_shifts(look: RelightableAppearance) -> None:
    generator = torch.Generator().manual_seed(1)
    state, light = 0.5 * torch.randn(9, 6, 6, generator=generator), Light(2.0, 0.3, -0.2)
    positions = Frame(6, 6).positions(0, 0, 6, 6)
    photographs = [
        look.photograph(state.roll((down, right), (-2, -1)), positions, light)
        for down in range(6)
        for right in range(6)
    ]
    values = np.stack([photograph.numpy() for photograph in photographs])  # [36, 3, 6, 6]
    found = expected(shifted(look, state, light, places=6))
    assert found[0] == pytest.approx(values.mean(0), abs=1e-5)
    assert found[1] == pytest.approx(np.quantile(values, 0.1, axis=0), abs=1e-5)
    assert found[2] == pytest.approx(np.quantile(values, 0.9, axis=0), abs=1e-5)


def test_spacing_leaves_texels_out_and_keeps_their_relief() -> None:
    state = texture(0, texels=12)
    every, third = (shifted(LOOK, state, LIGHTS["north"], 5, spacing) for spacing in (1, 3))
    assert third.shape == (3, 25, 4, 4)
    assert torch.allclose(every[..., ::3, ::3], third, atol=1e-6)


def test_another_arrangement_of_the_same_texels_is_expected_to_look_the_same() -> None:
    state = texture(0)
    one, other = (
        expected(shifted(LOOK, some, LIGHTS["north"], 11)) for some in (state, state.roll((5, 9), dims=(-2, -1)))
    )
    assert squared_error(one, other) < 1e-12


def test_an_error_of_a_tenth_is_twenty_decibels() -> None:
    picture = np.full((3, 16, 16), 0.3)
    assert decibels(squared_error(picture, picture + 0.1)) == pytest.approx(20)
    assert decibels(squared_error(picture, picture)) == math.inf


def test_similarity_is_one_for_the_same_and_falls_with_the_structure() -> None:
    picture = np.random.default_rng(0).random((3, 24, 24))
    assert similarity(picture, picture) == pytest.approx(1)
    assert similarity(picture, 0.5 * picture + 0.25) > similarity(picture, picture[:, ::-1].copy()) + 0.3


def test_halves_are_disjoint_and_together_the_whole() -> None:
    values = torch.arange(48.0).reshape(1, 1, 6, 8)
    for one, other in halves(values):
        assert sorted([*one.flatten().tolist(), *other.flatten().tolist()]) == values.flatten().tolist()
    assert [one.shape[-2:] for one, _ in halves(values)] == [(6, 4), (3, 8)]


def test_patches_of_another_piece_are_nearer_than_those_of_another_roughness() -> None:
    truth, piece, dull = (
        subject("", texture(seed, gloss)).photograph("flash", 0, 0) for seed, gloss in ((0, 0.3), (1, 0.3), (1, 0.9))
    )
    assert patch_distance(truth, truth) == 0
    assert patch_distance(dull, truth) > 1.5 * patch_distance(piece, truth) > 0


@pytest.mark.parametrize(
    "worse",
    [{"gloss": 0.9}, {"metal": 1.0}, {"relief": 2.0}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_piece_of_the_material_is_ranked_above_one_with_a_wrong_map(worse: dict[str, float]) -> None:
    exemplar = exemplar_of(texture(0, 0.3))
    subjects = [
        subject("good", texture(1, 0.3), texture(2, 0.3)),
        subject("bad", texture(1, **{"gloss": 0.3, **worse})),
    ]
    rows = compare(exemplar, subjects, places=12, spacing=1, report=lambda share: None)
    for light in LIGHTS:
        good, bad = rows["good"][light], rows["bad"][light]
        assert good.psnr("mean") > bad.psnr("mean") + 6
        assert good.psnr("ninetieth") > bad.psnr("ninetieth") + 3
        assert good.patches[0] < bad.patches[0]
    assert math.isinf(rows[UNLIT]["flash"].psnr("mean"))
    assert rows[UNLIT]["north"].psnr("mean") < rows["good"]["north"].psnr("mean") - 6
    assert rows[HALVES]["north"].psnr("mean") > rows["bad"]["north"].psnr("mean")


def test_scores_of_pieces_are_averages_of_their_errors() -> None:
    exemplar, states = exemplar_of(texture(0)), (texture(1), texture(2, 0.6))
    subjects = [subject("both", *states), subject("one", states[0]), subject("other", states[1])]
    rows = compare(exemplar, subjects, places=12, spacing=2, report=lambda share: None)
    both, one, other = (rows[some.name]["north"] for some in subjects)
    assert both.errors["mean"][0] == pytest.approx((one.errors["mean"][0] + other.errors["mean"][0]) / 2)
    assert both.patches[0] == pytest.approx((one.patches[0] + other.patches[0]) / 2)


def test_brightness_is_told_apart_from_the_intensity_of_the_light() -> None:
    """Half the reflectance under twice the light looks the same, and counts as the same."""
    flat = texture(0, flatness=0.0)
    bright = {name: replace(light, intensity=4.0) for name, light in LIGHTS.items()}
    same = map_averages(subject("", flat), intensity=2.0)
    assert map_averages(subject("", flat, lights=bright), intensity=2.0)["brightness"][0] == pytest.approx(
        2 * same["brightness"][0]
    )
    assert same["roughness"][0] == pytest.approx(0.4, abs=1e-3)
    assert same["metallic"] == [0.0]


def test_a_plane_that_rises_everywhere_alike_has_its_slope() -> None:
    state = texture(0, texels=8)
    state[5] = torch.tensor([0.0, 0.5, 1.0, 0.5]).repeat(8, 2)  # half a texel up, then down: 1/2, 0, 1/2, 0 in between
    assert map_averages(subject("", state), 2.0)["slope"][0] == pytest.approx(math.sqrt(0.125), rel=1e-3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic exemplar, photographed by Blender in a process of its own."""
    if importlib.util.find_spec("bpy") is None:
        pytest.skip("the photographs are taken in Blender")
    folder = tmp_path_factory.mktemp("synthetic") / "rusting_painted_metal"
    command = [sys.executable, "-m", "synthetic.make", folder.name, str(folder), "--texels", "32", "--frames", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def model_file(path: Path, tiny: Model, light: dict[str, float]) -> Path:
    """A model that has learned nothing: its textures are the noise that lives start from."""
    field = VectorField(NetworkConfig(8, 8, (1, 2), False))
    field.start_at_rest()
    rules = {"form": "principled", "relief": [1.0]}
    network = field.config.to_header()
    save_model(field, replace(tiny.header, network=network, appearance=rules, light=light, estimated=()), path)
    return path


def test_the_engine_photographs_the_true_maps_as_blender_does(folder: Path) -> None:
    exemplar = read_synthetic(folder)
    assert exemplar.ages == [0, 0.5, 1]
    assert list(exemplar.references) == ["flash", "north", "west", "south_east"]
    for psnr, ssim in renderer_agreement(exemplar).values():
        assert min(psnr) > 55 and min(ssim) > 0.999
    mirrored = {**exemplar.truth.lights, "north": Light(exemplar.intensity, 0.0, -0.6)}
    wrong = replace(exemplar, truth=replace(exemplar.truth, lights=mirrored))
    assert max(renderer_agreement(wrong)["north"][0]) < 25


def test_other_pieces_are_of_the_material_and_not_the_same(folder: Path) -> None:
    exemplar = read_synthetic(folder)
    pieces = exemplar.other_pieces(2)
    rows = compare(exemplar, [pieces], places=11, spacing=1, report=lambda share: None)
    assert 25 < rows[pieces.name]["north"].psnr("mean") < 80
    for one, other in combinations([exemplar.truth.states[0][1], *(states[1] for states in pieces.states)], 2):
        assert not torch.allclose(one, other, atol=0.1)


def test_a_flash_model_is_seen_under_the_light_it_learned(tmp_path: Path, folder: Path, tiny: Model) -> None:
    exemplar = read_synthetic(folder)
    path = model_file(tmp_path / "flash.safetensors", tiny, {"intensity": 3.0, "x": 0.02, "y": -0.01})
    found = subject_of_model(str(path), exemplar, 2)
    assert found.lights["flash"] == Light(3.0, 0.02, -0.01)
    assert found.lights["north"] == Light(3.0, 0.0, 0.6)
    assert [len(states) for states in found.states] == [3, 3]
    assert not torch.equal(found.states[0][2], found.states[1][2])
    maps = model_file(tmp_path / "maps.safetensors", tiny, {})
    assert subject_of_model(str(maps), exemplar, 1).lights == exemplar.truth.lights


def test_a_model_that_knows_colour_only_is_refused(folder: Path, tiny_path: Path) -> None:
    with pytest.raises(InvalidModelError, match="colour only") as caught:
        subject_of_model(str(tiny_path), read_synthetic(folder), 1)
    assert is_one_sentence(str(caught.value))


def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    for text in (None, "{}", "[1]", '{"reference_frames": [1], "ages": []}'):
        if text is not None:
            (tmp_path / "scene.json").write_text(text)
        with pytest.raises(InvalidExemplarError) as caught:
            read_synthetic(tmp_path)
        assert is_one_sentence(str(caught.value))


def test_the_command_writes_figures_and_picture(
    tmp_path: Path, folder: Path, tiny: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    models = [
        str(model_file(tmp_path / "flash.safetensors", tiny, {"intensity": 3.0, "x": 0.0, "y": 0.0})),
        str(model_file(tmp_path / "maps.safetensors", tiny, {})),
    ]
    settings = ["--seeds", "1", "--places", "11", "--spacing", "4"]
    files = ["--json", str(tmp_path / "a.json"), "--picture", str(tmp_path / "a.png")]
    relight.run([*models, str(folder), *settings, *files])
    figures = json.loads((tmp_path / "a.json").read_text())
    rows = figures["expected"]
    assert list(rows) == [HALVES, UNLIT, "other pieces of the truth", "flash", "maps"]
    # Models that have learned nothing are worse than the material, under every light.
    for light in ("flash", "north", "west", "south_east"):
        untrained, truth = rows["maps"][light], rows["other pieces of the truth"][light]
        assert np.mean(untrained["mean_psnr"]) < np.mean(truth["mean_psnr"]) - 6
        assert np.mean(untrained["patch_distance"]) > np.mean(truth["patch_distance"])
    assert rows[UNLIT]["flash"]["mean_psnr"] == [None] * 3
    with Image.open(tmp_path / "a.png") as image:
        assert image.height == 4 * 3 * (32 + 4)
    printed = capsys.readouterr().out
    assert "south_east" in printed and "other pieces of the truth" in printed


def test_two_models_of_one_name_are_refused(tmp_path: Path, folder: Path, tiny: Model) -> None:
    model = str(model_file(tmp_path / "same.safetensors", tiny, {}))
    with pytest.raises(InvalidRequestError, match="same name"):
        relight.run([model, model, str(folder), "--seeds", "1"])


def test_nothing_is_computed_for_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="no folder"):
        relight.run(["model", str(tmp_path), "--json", str(tmp_path / "absent" / "a.json")])


def test_figures_that_cannot_be_written_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        relight._write(tmp_path, "a folder is in the way")
    assert is_one_sentence(str(caught.value))
    assert list(tmp_path.iterdir()) == []


def test_the_picture_has_the_reference_above_the_model() -> None:
    state = texture(0)
    exemplar = exemplar_of(state)
    black = {name: replace(light, intensity=1e-9) for name, light in LIGHTS.items()}
    image = np.asarray(side_by_side(exemplar, [subject("dark", state, lights=black)]))
    step = TEXELS + 4
    assert image.shape[0] == 4 * step
    brightness = [image[k * step : k * step + TEXELS, -TEXELS - 4 : -4].mean() for k in range(4)]
    assert brightness[0] > 60 > brightness[1] and brightness[2] > 60 > brightness[3]
