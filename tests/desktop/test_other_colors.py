"""The window in another colour configuration: what is played, baked, laid over, relit and opened again is what
Blender's own configuration gives.

PATINA_DESKTOP_OCIO names a configuration to try, such as ACES's; without it, it is that of the headless tests, in which
ACEScg is scene-linear and no space has a name that Blender knows.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import newcomers_desk
from looks import KEPT, MADE, Look, looked_at, open_file, rendered, texels

sys.path.append(str(Path(__file__).parents[1] / "blender"))
from configuration import write_configuration  # of the headless tests

# dB at least. Layers are lit, and a renderer's light is not linear in its primaries; the relit pictures have another
# curve than under Blender's own configuration, see docs/color.md, and the film is of noise, which encoding changes: its
# pictures taken for those of another space give 18.
LEAST = {"live": 80, "atlas": 60, "sequence": 60, "layers": 40, "relit": 24}


@pytest.fixture(autouse=True)
def fresh_file() -> Iterator[None]:
    """The environment is what it was, whatever the windows of a test were started with."""
    before = dict(os.environ)
    os.environ["PATINA_PYTHON"] = os.environ.get("PATINA_PYTHON") or sys.executable
    yield
    os.environ.clear()
    os.environ.update(before)


def agree(one: Look, other: Look, least: float) -> None:
    """All of them, by so many dB of what lies in [0, 1]; and there is something to be seen."""
    found = {
        name: -10 * np.log10(np.mean((np.clip(one[name], 0, 1) - np.clip(other[name], 0, 1)) ** 2) + 1e-12)
        for name in one
    }
    print({name: round(float(value), 1) for name, value in found.items()}, flush=True)
    assert min(found.values()) > least, found
    assert max(values.std() for values in one.values()) > 0.02


@pytest.mark.parametrize("way", MADE)
def test_it_shows_what_blenders_own_configuration_shows(
    way: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    os.environ.pop("OCIO", None)
    for window in newcomers_desk(tmp_path_factory, "own", f"{way}_own"):
        here, folder = MADE[way](window), window.folder
    configuration = tmp_path / "other.ocio"
    write_configuration(configuration)
    os.environ["OCIO"] = os.environ.get("PATINA_DESKTOP_OCIO") or str(configuration)
    for window in newcomers_desk(tmp_path_factory, "other", f"{way}_other"):
        there = MADE[way](window)
        agree(here, there, LEAST[way])
        if way == "live":
            data = [name for name in here if name != "rendered" and not name.startswith("base_color")]
            assert all(np.array_equal(here[name], there[name]) for name in data)
        if (folder / f"{way}.blend").is_file():  # what was saved in Blender's own configuration
            open_file(window, folder / f"{way}.blend")
            looked_at(window, "opened")
            if way == "live":
                agree({name: here[f"{name}_opened"] for name in texels(window)}, texels(window), LEAST[way])
            else:
                agree(here, rendered(window, KEPT[1]), LEAST[way])
        assert "Traceback" not in window.log() and "Error:" not in window.log(), window.log()[-3000:]
