"""What the preferences say of the engine, what a Python that is tried says of itself, and the report that is copied."""

import getpass
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from stage import age_stage, patina, render_frame
from test_panels import Layout
from wheels import only_from, site_of_torch, write_wheels

SITE = site_of_torch()
needs_torch = pytest.mark.skipif(SITE is None, reason="this Python has no torch")
posix_only = pytest.mark.skipif(os.name != "posix", reason="needs scripts")


class PreferencesLayout(Layout):
    """A layout that has progress bars too."""

    def progress(self, factor: float, text: str) -> None:
        assert 0 <= factor <= 1
        self.texts.append(text)


def draw() -> PreferencesLayout:
    layout = PreferencesLayout()
    settings = patina("scene.engine.process").preferences()
    stand_in = SimpleNamespace(layout=layout)
    patina("panels.preferences").PatinaPreferences.draw(_Both(stand_in, settings), bpy.context)
    return layout


class _Both:
    """The preferences, with a layout of the test's."""

    def __init__(self, stand_in: SimpleNamespace, settings: bpy.types.AddonPreferences):
        self.layout, self.bl_rna, self._settings = stand_in.layout, settings.bl_rna, settings


@pytest.fixture(autouse=True)
def nothing_said() -> Iterator[None]:
    setup = patina("scene.engine.setup")
    setup.outcome, setup.failed = "", False
    setup.probed.clear()
    yield
    setup.cancel()
    setup.outcome, setup.failed = "", False


def bare_python(folder: Path) -> Path:
    """An interpreter that has no packages."""
    path = folder / "python"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -I "$@"\n')
    path.chmod(0o755)
    return path


def test_the_preferences_offer_to_install_to_check_and_to_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PATINA_PYTHON", raising=False)
    bpy.context.preferences.system.use_online_access = False
    layout = draw()
    assert {"patina.setup_engine", "patina.check_engine", "patina.copy_diagnostics"} <= set(layout.operators)
    assert "patina.setup_remove" not in layout.operators and "patina.setup_cancel" not in layout.operators
    assert "must be allowed to go online" in layout.text
    bpy.context.preferences.system.use_online_access = True
    assert "must be allowed" not in draw().text
    bpy.context.preferences.system.use_online_access = False


def test_the_dialog_says_how_much_and_from_where() -> None:
    setup = patina("scene.engine.setup")
    assert setup.what_it_takes("CUDA") == (
        "For NVIDIA (CUDA 13): up to 12 GB of disk",
        "Downloads PyTorch from its makers",
    )
    room, source = setup.what_it_takes("INDEX")
    assert ("up to 12 GB" in room) == (sys.platform == "linux") and source.endswith("from pip's own index")
    assert len(room) < 46 and len(source) < 46  # or the dialog cuts it off
    assert setup.what_it_takes("AUTO") in [setup.what_it_takes(name) for name in ("CPU", "CUDA", "ROCM", "APPLE")]


@needs_torch
def test_while_it_is_installed_progress_and_a_way_out_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in only_from(write_wheels(tmp_path / "wheels", SITE, "+cpu")).items():
        monkeypatch.setenv(name, value)
    bpy.context.preferences.system.use_online_access = True
    setup = patina("scene.engine.setup")
    setup.begin_install("CPU")
    try:
        while "Making" not in setup.progress()[0]:
            assert setup.poll(0.1)
        layout = draw()
        assert "Making the environment" in layout.text
        assert "patina.setup_cancel" in layout.operators and "patina.setup_engine" not in layout.operators
        assert not bpy.ops.patina.setup_engine.poll() and not bpy.ops.patina.check_engine.poll()
        assert bpy.ops.patina.setup_cancel() == {"FINISHED"}
        assert "Cancelled" in draw().text
    finally:
        bpy.context.preferences.system.use_online_access = False
        bpy.ops.patina.setup_remove()


@needs_torch
def test_a_python_that_can_be_the_engine_says_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATINA_PYTHON", sys.executable)
    assert bpy.ops.patina.check_engine() == {"FINISHED"}
    said = draw().text
    assert f"Python {sys.version.split()[0]} with torch 2." in said and "works on cpu" in said
    assert "PATINA_PYTHON names" in said


@posix_only
def test_a_python_without_torch_says_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATINA_PYTHON", str(bare_python(tmp_path)))
    with pytest.raises(RuntimeError, match="has no torch"):
        bpy.ops.patina.check_engine()
    assert "has no torch" in draw().text


@posix_only
@pytest.mark.parametrize(
    ("script", "culprit"),
    [
        ("echo 'Segmentation fault' >&2; exit 139", "has stopped"),
        ("echo nonsense; exit 0", "cannot be understood"),
        ("echo '{}'; exit 0", "cannot be understood"),
    ],
)
def test_a_program_that_is_no_python_is_one_sentence(
    script: str, culprit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATINA_PYTHON", str(path))
    with pytest.raises(RuntimeError, match=culprit):
        bpy.ops.patina.check_engine()


@posix_only
def test_the_report_has_what_helps_and_nothing_of_who_or_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home" / "zoé"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(getpass, "getuser", lambda: "zoé")
    monkeypatch.setenv("PATINA_PYTHON", str(home / "missing python"))
    material = age_stage()
    render_frame(tmp_path, 5)
    assert bpy.ops.patina.copy_diagnostics() == {"FINISHED"}
    text = capfd.readouterr().out
    assert f"Blender {bpy.app.version_string}" in text and "Patina 0." in text
    assert "~/missing python does not exist" in text
    assert "Frame 5 of a material" in text and material.name not in text.replace("rusting_steel", "")
    assert "Model rusting_steel: " in text
    assert str(home) not in text and "zoé" not in text
    assert str(Path(bpy.utils.resource_path("USER"))) not in text


PROGRAM = """
import importlib, os, pathlib, subprocess, sys
import bpy
bpy.ops.extensions.package_install_files(filepath=sys.argv[1], repo="user_default", enable_on_install=True)
bpy.context.preferences.system.use_online_access = True
extension = pathlib.Path(importlib.import_module("bl_ext.user_default.patina").__path__[0])
if os.geteuid() == 0:  # whom no file's rights keep out
    for options in (["--bind", extension], ["-o", "remount,ro,bind"]):
        subprocess.run(["mount", *options, extension])
else:
    for path in (extension, *extension.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
try:
    (extension / "engine" / "written").touch()
    print("writable")
except OSError:
    print("read-only")
print(bpy.ops.patina.setup_engine(platform="CPU"))
process = importlib.import_module("bl_ext.user_default.patina.scene.engine.process")
print(process.choose_python())
process.close()
if os.geteuid() == 0:
    subprocess.run(["umount", "--lazy", extension])
else:
    for path in (extension, *extension.rglob("*")):
        path.chmod(0o755)
"""


@needs_torch
@posix_only
def test_it_installs_where_the_profile_has_spaces_and_accents_and_the_extension_is_read_only(
    extension_zip: Path, tmp_path: Path
) -> None:
    profile = tmp_path / "Zoë's Blënder profile"
    profile.mkdir()
    environ = os.environ | only_from(write_wheels(tmp_path / "wheels é", SITE, "+cpu"))
    environ |= {"BLENDER_USER_RESOURCES": str(profile)}
    environ.pop("PATINA_PYTHON", None)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(extension_zip)], env=environ, capture_output=True, text=True, timeout=400
    )
    if "writable" in done.stdout:
        pytest.skip("this superuser may mount nothing, and no file's rights keep him out")
    assert "read-only" in done.stdout and "{'FINISHED'}" in done.stdout, done.stdout + done.stderr
    assert "Patina's own environment" in done.stdout and "Zoë's Blënder profile" in done.stdout


@needs_torch
def test_in_a_window_a_timer_follows_it_to_its_end_and_then_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATINA_PYTHON", sys.executable)
    setup = patina("scene.engine.setup")
    setup.begin_check()
    deadline = time.monotonic() + 240
    while setup.tick() is not None:
        assert setup.is_running() and time.monotonic() < deadline
        time.sleep(0.05)
    assert not setup.is_running() and "works on cpu" in setup.outcome
    assert setup.tick() is None
