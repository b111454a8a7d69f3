"""The command line: what it writes, and one line of error with exit 2 for what it refuses."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import DATA, is_one_sentence
from footage import darkening_frames, write_animation
from patina.engine import cli
from patina.engine.commands import train
from patina.engine.files import progress
from patina.engine.lives.life import Life, LifeSettings
from patina.engine.lives.life_store import LifeStore
from patina.engine.maps.map_names import MAPS
from patina.engine.maps.pictures import base_color_picture
from patina.engine.models import shipped
from patina.engine.models.model_file import Model, load_model
from PIL import Image

TINY = str(DATA / "tiny.safetensors")
RGB = str(DATA / "official" / "rgb_tiny.eqx")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit status of `patina ARGUMENTS`, in this process."""
    monkeypatch.setattr(sys, "argv", ["patina", *map(str, arguments)])
    try:
        return cli.main()
    except SystemExit as error:
        return int(error.code or 0)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_info_says_what_a_model_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "info", TINY) == 0
    said = capsys.readouterr().out
    header = load_model(Path(TINY)).header
    for fact in ("Tiny test model", "4 + 8 steps", "roughness (estimated)", "CC0-1.0", header.sha256):
        assert fact in said
    assert "base_color (estimated)" not in said


def test_synth_writes_every_map_at_every_age(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny: Model, store: LifeStore
) -> None:
    folder = tmp_path / "new" / "folder"
    options = ("--size", 32, "--seed", 3, "--ages", "1,0,0.4", "--lives", tmp_path / "kept")
    assert run(monkeypatch, "synth", TINY, folder, *options) == 0
    assert files(folder) == sorted(f"tiny_{name}_{number:04d}.png" for name in MAPS for number in (1, 2, 3))
    life = Life(tiny, 3, 32, store, LifeSettings(), "cpu")
    for number, age in enumerate((1.0, 0.0, 0.4), start=1):
        pixels = np.asarray(Image.open(folder / f"tiny_base_color_{number:04d}.png"))
        assert np.array_equal(pixels, base_color_picture(life.maps(age)["base_color"]))


def test_import_eqx_writes_a_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    assert run(monkeypatch, "import-eqx", RGB, path, "--kind", "rgb", "--duration", 3) == 0
    assert load_model(path).header.duration == 3


def test_train_goes_on_where_it_stood(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    footage = write_animation(tmp_path / "rust.webp", darkening_frames(count=2))
    path = tmp_path / "models" / "rust.safetensors"
    options = ("--kind", "rgb", "--size", 16, "--credit", "Zoë", "--metallic", "1,0")
    assert run(monkeypatch, "train", footage, path, *options, "--iterations", 1) == 0
    written = [".rust.lock", "rust.checkpoint", "rust.png", "rust.progress.json", "rust.safetensors"]
    assert files(path.parent) == written
    assert run(monkeypatch, "train", footage, path, *options, "--iterations", 2) == 0
    assert "from step 1 of 2" in capsys.readouterr().err
    header = load_model(path).header
    assert header.training["iterations"] == 2 and header.credit == "Zoë"
    assert header.appearance["metallic"] == [1.0, 0.0]


def test_the_command_that_resumes_a_training_works_from_any_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is what the progress file says, and what Blender runs."""
    write_animation(tmp_path / "rust.webp", darkening_frames(count=2))
    monkeypatch.chdir(tmp_path)
    options = ("--kind", "rgb", "--size", 16, "--width", 8, "--no-flatten", "--roughness", "0.1,0.9", "--iterations", 2)
    assert run(monkeypatch, "train", "rust.webp", "rust.safetensors", *options, "--title=-rust-") == 0
    before = load_model(Path("rust.safetensors")).field.state_dict()
    command = progress.read(Path("rust.safetensors")).command
    Path("rust.safetensors").unlink()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run(monkeypatch, *command) == 0
    again = load_model(tmp_path / "rust.safetensors")
    assert all(torch.equal(value, before[name]) for name, value in again.field.state_dict().items())
    assert again.header.training["flattened"] is False and again.header.title == "-rust-"


def test_a_training_begins_with_another_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its network and its duration are the model's; the command that resumes it works from any folder."""
    write_animation(tmp_path / "rust.webp", darkening_frames(count=2))
    monkeypatch.chdir(tmp_path)
    options = ("--kind", "rgb", "--size", 16, "--width", 8, "--duration", 2, "--iterations", 2)
    assert run(monkeypatch, "train", "rust.webp", "first.safetensors", *options) == 0
    going_on = ("--from", "first.safetensors", "--learning-rate", 0.001, "--late-share", 0.5, "--iterations", 1)
    assert run(monkeypatch, "train", "rust.webp", "second.safetensors", "--kind", "rgb", "--size", 16, *going_on) == 0
    header = load_model(Path("second.safetensors")).header
    assert header.network["width"] == 8 and header.duration == 2
    assert header.training["went_on_from"]["sha256"] == load_model(Path("first.safetensors")).header.sha256
    command = progress.read(Path("second.safetensors")).command
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run(monkeypatch, *command, "--iterations=2") == 0
    assert load_model(tmp_path / "second.safetensors").header.training["learning_rate"] == 0.001


def test_photographs_go_on_in_the_form_of_the_model_they_begin_with(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing else could go on from it; a form that is asked for and is another one is refused."""
    footage = write_animation(tmp_path / "copper.webp", darkening_frames(count=2))
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    options = ("--kind", "flash", "--size", 16, "--iterations", 1)
    form = ("--form", "metallic_anisotropic", "--initialisation", 0)
    assert run(monkeypatch, "train", footage, first, *options, *form, "--width", 8) == 0
    assert run(monkeypatch, "train", footage, second, *options, "--from", first) == 0
    assert load_model(second).header.appearance["form"] == "metallic_anisotropic"
    third = tmp_path / "third.safetensors"
    assert run(monkeypatch, "train", footage, third, *options, "--from", first, "--form", "principled") == 2
    assert "has the form metallic_anisotropic" in capsys.readouterr().err
    assert not third.exists()


def test_a_width_that_the_model_it_begins_with_has_not_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_animation(tmp_path / "rust.webp", darkening_frames(count=2))
    monkeypatch.chdir(tmp_path)
    going_on = ("--kind", "rgb", "--size", 16, "--from", "rusting_steel", "--iterations", 1)
    assert run(monkeypatch, "train", "rust.webp", "rust.safetensors", *going_on, "--width", 16) == 2
    assert "Rusting steel has the width 32, not 16: leave out --width" in capsys.readouterr().err
    assert not Path("rust.safetensors").exists()


def test_how_long_the_rate_falls_is_stated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From the first of two steps on, so that the second is taken at half the rate."""
    footage, rates = write_animation(tmp_path / "rust.webp", darkening_frames(count=2)), []
    options = ("--kind", "rgb", "--size", 16, "--width", 8, "--iterations", 2)
    for share in ("1", "0.5"):
        path = tmp_path / f"rust_{share}.safetensors"
        assert run(monkeypatch, "train", footage, path, *options, "--settling", share) == 0
        rates.append([rate for _, _, rate in progress.read(path).history])
    assert rates == [pytest.approx([2.5e-4, 0.0]), pytest.approx([5e-4, 0.0])]


def test_late_ages_are_drawn_more_often_on_demand_and_the_record_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    footage, path = write_animation(tmp_path / "rust.webp", darkening_frames(count=2)), tmp_path / "rust.safetensors"
    options = ("--kind", "rgb", "--size", 16, "--width", 8, "--iterations", 1, "--early", 0.6)
    assert run(monkeypatch, "train", footage, path, *options) == 0
    assert load_model(path).header.training["early"] == 0.6
    assert "--early=0.6" in progress.read(path).command


def test_a_critic_takes_part_on_demand_and_only_where_it_can_see(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    footage = write_animation(tmp_path / "rust.webp", darkening_frames(2, extent=72))
    path = tmp_path / "rust.safetensors"
    options = ("train", footage, path, "--kind", "rgb", "--width", 8, "--late-share", 0, "--critic", 2)
    before = files(tmp_path)
    assert run(monkeypatch, *options, "--size", 48, "--iterations", 2) == 2
    assert "windows of 64 texels, and these are 48 x 48: train on a larger size" in capsys.readouterr().err
    assert files(tmp_path) == before
    assert run(monkeypatch, *options, "--size", 64, "--iterations", 2) == 0
    assert load_model(path).header.training["loss"].endswith("a critic of windows of 64, pulling 2 times as strongly")
    assert "--critic=2.0" in progress.read(path).command
    assert run(monkeypatch, *options, "--size", 64, "--iterations", 3) == 0  # a finished contest goes on, too


def test_a_shipped_model_is_begun_with_by_its_name(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    arguments = parser.parse_args(["rust.webp", "rust.safetensors", "--kind", "rgb", "--from", "rusting_steel"])
    assert "--from=rusting_steel" in train._command(arguments)
    assert train._beginning(arguments).header.title == "Rusting steel"


@pytest.mark.parametrize("kind", ["flash", "maps"])
def test_other_kinds_are_learned_by_the_same_command(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    exemplar = write_animation(tmp_path / "rust.webp", darkening_frames(count=2, extent=16))
    if kind == "maps":
        assert run(monkeypatch, "synth", TINY, tmp_path / "sets", "--size", 16, "--ages", "0,1") == 0
        exemplar = tmp_path / "sets"
    path = tmp_path / "rust.safetensors"
    options = ("--kind", kind, "--size", 16, "--width", 8, "--iterations", 2, "--initialisation", 1)
    assert run(monkeypatch, "train", exemplar, path, *options) == 0
    header = load_model(path).header
    assert header.training["kind"] == kind and header.appearance["form"] == "principled"
    assert bool(header.light) is (kind == "flash") and header.estimated == ()
    assert run(monkeypatch, "synth", path, tmp_path / "maps", "--size", 16, "--ages", "0.5") == 0


def test_shipped_models_are_found_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shipped, "WEIGHTS", DATA)
    assert shipped.find_model("tiny") == Path(TINY)
    assert shipped.find_model("tiny.safetensors") == Path("tiny.safetensors")


BAD = {
    "no command": (),
    "unknown command": ("polish",),
    "no model": ("info", "nowhere.safetensors"),
    "text as a model": ("info", __file__),
    "age beyond the end": ("synth", TINY, "out", "--ages", "0,1.5"),
    "age that is no number": ("synth", TINY, "out", "--ages", "old"),
    "odd size": ("synth", TINY, "out", "--size", "33"),
    "size that is no number": ("synth", TINY, "out", "--size", "big"),
    "negative seed": ("synth", TINY, "out", "--seed", "-1"),
    "synth without a model": ("synth", "nowhere", "out"),
    "folder in the way": ("synth", TINY, "file/out", "--size", "16", "--ages", "0"),
    "text as weights": ("import-eqx", __file__, "model.safetensors", "--kind", "rgb"),
    "missing weights": ("import-eqx", "nowhere.eqx", "model.safetensors", "--kind", "rgb"),
    "unknown kind": ("import-eqx", RGB, "model.safetensors", "--kind", "cel"),
    "no duration": ("import-eqx", RGB, "model.safetensors", "--kind", "rgb", "--duration", "0"),
    "model in the way": ("import-eqx", RGB, "file/model.safetensors", "--kind", "rgb"),
    "wrong form": ("import-eqx", RGB, "file/x.safetensors", "--kind", "svbrdf", "--brdf", "toon"),
    "missing footage": ("train", "nowhere.webp", "model.safetensors", "--kind", "rgb"),
    "text as footage": ("train", __file__, "model.safetensors", "--kind", "rgb"),
    "untrainable size": ("train", "rust.webp", "model.safetensors", "--kind", "rgb", "--size", "17"),
    "no iterations": ("train", "rust.webp", "model.safetensors", "--kind", "rgb", "--iterations", "0"),
    "gloss beyond range": ("train", "rust.webp", "model.safetensors", "--kind", "rgb", "--roughness", "0.4,2"),
    "departure that falls": ("train", "rust.webp", "model.safetensors", "--kind", "rgb", "--departure", "0.6,0.2"),
    "departure of words": ("train", "rust.webp", "model.safetensors", "--kind", "rgb", "--departure", "soon,later"),
    "relief that is no number": ("train", "rust.webp", "model.safetensors", "--kind", "rgb", "--relief", "nan"),
    "huge seed": ("train", "rust.webp", "model.safetensors", "--kind", "rgb", "--seed", str(2**70)),
    "training in the way": ("train", "rust.webp", "file/model.safetensors", "--kind", "rgb", "--iterations", "1"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused_is_one_line_and_leaves_no_file(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("in the way")
    write_animation(tmp_path / "rust.webp", darkening_frames(count=2))
    assert run(monkeypatch, *BAD[name]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("patina: ") and said.err.count("\n") == 1
    assert is_one_sentence(said.err.strip() if said.err.strip().endswith(".") else said.err.strip() + ".")
    assert files(tmp_path) == ["file", "rust.webp"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "rust.webp"]


def test_the_installed_command_answers() -> None:
    command = Path(sys.executable).with_name("patina")
    done = subprocess.run([command, "info", TINY], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and "Tiny test model" in done.stdout
