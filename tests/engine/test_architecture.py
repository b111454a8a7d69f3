"""The arrows of import, read from the source: panels -> operators -> scene -> the engine's client.

torch is imported only behind that client, in another process.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("engine", "scene", "operators", "panels")
TORCH = {"torch", "torchdiffeq", "safetensors"}


def modules() -> dict[str, Path]:
    """The extension's own modules by their dotted name inside it; the root is ""."""
    files = [ROOT / "__init__.py"]
    for package in PACKAGES:
        files += sorted((ROOT / package).rglob("*.py"))
    return {dotted_name(path): path for path in files}


def dotted_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = modules()


def imports(name: str) -> tuple[set[str], set[str]]:
    """What a module imports anywhere in its text: (the package's own modules, others' top names)."""
    path = MODULES[name]
    inner = name.split(".") if path.name == "__init__.py" and name else name.split(".")[:-1]
    own: set[str] = set()
    others: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            others |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            others.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.ImportFrom):
            base = inner[: len(inner) - node.level + 1] + (node.module.split(".") if node.module else [])
            for alias in node.names:
                full = ".".join([*base, alias.name])
                own.add(full if full in MODULES else ".".join(base))
    return own, others


def reached(name: str) -> set[str]:
    """The top names of others that a module can come to import, through the package's own modules too."""
    seen: set[str] = set()
    others: set[str] = set()
    waiting = [name]
    while waiting:
        module = waiting.pop()
        if module in seen or module not in MODULES:
            continue
        seen.add(module)
        own, foreign = imports(module)
        others |= foreign
        waiting += [*own, *([module.rpartition(".")[0]] if "." in module else [])]
    return others


def of(package: str) -> list[str]:
    return [name for name in MODULES if name.split(".")[0] == package]


def test_the_reader_of_imports_sees_them() -> None:
    """Otherwise the arrows below would hold for an empty set."""
    own, others = imports("engine.channel.client")
    assert {"engine.channel.child", "engine.errors"} <= own and "numpy" in others
    assert "engine.models.model_file" in imports("engine.training.run")[0]
    assert "torch" in reached("engine.lives.life")
    assert len(of("engine")) > 20


@pytest.mark.parametrize("name", of("engine"))
def test_the_engine_knows_nothing_of_blender(name: str) -> None:
    own, others = imports(name)
    assert not others & {"bpy", "bmesh", "gpu", "mathutils", "bpy_extras"}
    assert all(module.split(".")[0] == "engine" for module in own)


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith("engine")])
def test_blenders_side_never_imports_torch_not_even_through_the_engine(name: str) -> None:
    assert not reached(name) & TORCH


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith("engine")])
def test_arrows_run_from_panels_to_operators_to_scene_to_engine(name: str) -> None:
    below = {
        "": {"panels", "operators", "scene", "engine"},
        "panels": {"panels", "operators", "scene", ""},
        "operators": {"operators", "scene", "engine", ""},
        "scene": {"scene", "engine", ""},
    }
    own = imports(name)[0] - {"engine.errors"}  # everyone may speak of what went wrong
    assert {module.split(".")[0] for module in own} <= below[name.split(".")[0]]


@pytest.mark.parametrize("name", MODULES)
def test_inside_the_package_imports_are_relative(name: str) -> None:
    """Blender calls the extension by another name than the project does."""
    assert not imports(name)[1] & {"patina", *PACKAGES}


def test_no_file_is_longer_than_400_lines() -> None:
    folders = [ROOT / name for name in (*PACKAGES, "tests", "demo", "benchmarks", "scripts") if (ROOT / name).is_dir()]
    files = [ROOT / "__init__.py", *(path for folder in folders for path in folder.rglob("*.py"))]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {path: length for path, length in lengths.items() if length > 400} == {}


def test_the_client_loads_neither_torch_nor_blender() -> None:
    program = (
        "import sys; import patina.engine.channel.client\n"
        "import patina.engine.models.model_header, patina.engine.maps.map_names\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'torch', 'torchdiffeq', 'safetensors', 'bpy'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
