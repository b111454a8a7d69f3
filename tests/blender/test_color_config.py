"""In another colour configuration: base colour is the same linear Rec.709, whatever is called how."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from colors import SAVED, WAYS, looks, opened
from configuration import write_configuration
from stage import psnr


def test_base_color_is_the_same_under_a_configuration_with_another_working_space_and_other_names(
    installed: str, tmp_path: Path
) -> None:
    configuration = tmp_path / "other.ocio"
    write_configuration(configuration)
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    here = looks(tmp_path / "here")
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("colors.py")), installed, tmp_path / "there", tmp_path / "here"],
        env=os.environ | {"OCIO": str(configuration)},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stdout + done.stderr
    there = np.load(tmp_path / "there" / "looks.npz")
    found = {way: psnr(there[way], here[way]) for way in WAYS}
    # Half floats of the GPU and 16 bits; an atlas blends the roots of other primaries. ACEScg taken for Rec.709: 21.
    assert min(found.values()) > 60, found
    assert here["live"].std() > 0.02
    # The preview's power of 1 / 2.2 gives way to the configuration's own view, which has sRGB's curve.
    assert psnr(there["relit"], here["relit"]) > 30
    # A file remembers its colour spaces by name, and these have other names there. Data would be 20 dB off as colours.
    for saved, seen in (
        ("here", np.load(tmp_path / "there" / "opened.npz")),
        ("there", opened(tmp_path / "there", tmp_path)),
    ):
        for way in SAVED:
            wanted = np.load(tmp_path / saved / f"{way}.npy")
            assert wanted.std() > 0.02
            assert psnr(seen[way], wanted) > 60, (saved, way)
            assert psnr(seen[f"{way}_appended"], wanted) > 60, (saved, way)
