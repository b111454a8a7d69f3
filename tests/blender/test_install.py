"""The extension as Blender receives it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import bpy


def handler_count() -> int:
    handlers = (getattr(bpy.app.handlers, name) for name in dir(bpy.app.handlers))
    return sum(
        "patina" in getattr(handler, "__module__", "")
        for found in handlers
        if isinstance(found, list)
        for handler in found
    )


def test_the_zip_does_not_tell_when_it_was_built(extension_zip: Path) -> None:
    assert {info.date_time for info in zipfile.ZipFile(extension_zip).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_zip_holds_what_runs_and_nothing_else(extension_zip: Path) -> None:
    names = zipfile.ZipFile(extension_zip).namelist()
    assert {Path(name).parts[0] for name in names if "/" in name} == {
        "engine",
        "operators",
        "panels",
        "requirements",
        "scene",
        "weights",
    }
    assert "blender_manifest.toml" in names
    assert any(name.endswith(".safetensors") for name in names)
    assert {name for name in names if name.startswith("requirements/")} <= {
        "requirements/",
        "requirements/engine-constraints.txt",
        "requirements/engine.txt",
        "requirements/installer.txt",
    }
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_blenders_python_never_imports_torch(installed: str, tmp_path: Path) -> None:
    """In a process of its own: here other tests may have imported torch, to compare with."""
    program = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import bpy\n"
        f"bpy.ops.preferences.addon_enable(module={installed!r})\n"
        "from pathlib import Path; from stage import age_stage, is_magenta, render_frame\n"
        f"material = age_stage(); render_frame(Path({str(tmp_path)!r}), 2); assert not is_magenta(material)\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print('loaded:', sorted(loaded & {'torch', 'torchdiffeq', 'safetensors', 'patina'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert "loaded: []" in done.stdout, done.stdout + done.stderr


def test_enabling_twice_adds_no_handler_twice(installed: str) -> None:
    before = handler_count()
    bpy.ops.preferences.addon_enable(module=installed)
    assert handler_count() == before > 0


def test_disabling_takes_everything_out_and_enabling_brings_it_back(installed: str) -> None:
    before = handler_count()
    bpy.ops.preferences.addon_disable(module=installed)
    try:
        assert handler_count() == 0
        assert not hasattr(bpy.types.Material, "patina")
        assert not hasattr(bpy.types, "MATERIAL_PT_patina")
    finally:
        bpy.ops.preferences.addon_enable(module=installed)
    assert handler_count() == before
