"""A colour configuration that is not Blender's own, for tests."""

from __future__ import annotations

from pathlib import Path

# ACEScg is scene-linear, as in ACES's own configuration for computer graphics; no space has a name that Blender knows.
_CONFIGURATION = """ocio_profile_version: 2
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
_AP1 = """0.695452241, 0.140678696, 0.163869062, 0, 0.044794563, 0.859671118, 0.095534318, 0,
             -0.005525883, 0.00402521, 1.001500672, 0"""
_REC709 = """0.439632982, 0.382988698, 0.17737832, 0, 0.089776443, 0.813439429, 0.096784128, 0,
             0.01754117, 0.111546553, 0.870912276, 0"""


def write_configuration(path: Path) -> None:
    """Write the configuration as an .ocio file."""
    text = _CONFIGURATION
    for name, matrix in (("AP1", _AP1), ("REC709", _REC709)):
        text = text.replace(f"{name}, 0, 0, 0, 1", f"{matrix}, 0, 0, 0, 1")
    path.write_text(text)
