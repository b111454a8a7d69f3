"""In another colour configuration: base colour is the same linear Rec.709, whatever is called how."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from colors import WAYS, looks
from stage import psnr

# ACEScg is scene-linear, as in ACES's own configuration for computer graphics; no space has a name that Blender knows.
CONFIGURATION = """ocio_profile_version: 2
search_path: ""
strictparsing: true
roles:
  aces_interchange: Alpha
  scene_linear: Beta
  data: Numbers
  color_timing: Beta
  compositing_log: Beta
  texture_paint: Beta
  default: Numbers
file_rules:
  - !<Rule> {name: Default, colorspace: Numbers}
displays:
  Monitor:
    - !<View> {name: Plain, colorspace: Delta}
    - !<View> {name: Raw, colorspace: Numbers}
active_displays: [Monitor]
active_views: [Plain, Raw]
colorspaces:
  - !<ColorSpace>
    name: Alpha
  - !<ColorSpace>
    name: Beta
    to_scene_reference: !<MatrixTransform> {matrix: [AP1, 0, 0, 0, 1]}
  - !<ColorSpace>
    name: Gamma
    to_scene_reference: !<MatrixTransform> {matrix: [REC709, 0, 0, 0, 1]}
  - !<ColorSpace>
    name: Delta
    to_scene_reference: !<GroupTransform>
      children:
        - !<ExponentWithLinearTransform> {gamma: [2.4, 2.4, 2.4, 1], offset: [0.055, 0.055, 0.055, 0]}
        - !<MatrixTransform> {matrix: [REC709, 0, 0, 0, 1]}
  - !<ColorSpace>
    name: Numbers
    isdata: true
"""
# To ACES2065-1, row after row.
AP1 = """0.695452241, 0.140678696, 0.163869062, 0, 0.044794563, 0.859671118, 0.095534318, 0,
             -0.005525883, 0.00402521, 1.001500672, 0"""
REC709 = """0.439632982, 0.382988698, 0.17737832, 0, 0.089776443, 0.813439429, 0.096784128, 0,
             0.01754117, 0.111546553, 0.870912276, 0"""


def test_base_color_is_the_same_under_a_configuration_with_another_working_space_and_other_names(
    installed: str, tmp_path: Path
) -> None:
    configuration = tmp_path / "other.ocio"
    configuration.write_text(
        CONFIGURATION.replace("AP1, 0, 0, 0, 1", f"{AP1}, 0, 0, 0, 1").replace(
            "REC709, 0, 0, 0, 1", f"{REC709}, 0, 0, 0, 1"
        )
    )
    (tmp_path / "there").mkdir()
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("colors.py")), installed, str(tmp_path / "there")],
        env=os.environ | {"OCIO": str(configuration)},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stdout + done.stderr
    (tmp_path / "here").mkdir()
    here, there = looks(tmp_path / "here"), np.load(tmp_path / "there" / "looks.npz")
    found = {way: psnr(there[way], here[way]) for way in WAYS}
    # Half floats of the GPU and 16 bits; an atlas blends the roots of other primaries. ACEScg taken for Rec.709: 21.
    assert min(found.values()) > 60, found
    assert here["live"].std() > 0.02
    # The preview's power of 1 / 2.2 gives way to the configuration's own view, which has sRGB's curve.
    assert psnr(there["relit"], here["relit"]) > 30
