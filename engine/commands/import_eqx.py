"""`patina import-eqx`: a model from weights of the public NDAE implementation."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

TEXT = "convert weights of the public NDAE implementation"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("model", metavar="MODEL", type=Path, help="the .safetensors file to write")
    parser.add_argument("--kind", choices=("rgb", "svbrdf"), required=True)
    parser.add_argument(
        "--brdf",
        choices=("diffuse_specular", "metallic_anisotropic", "metallic_isotropic"),
        default="diffuse_specular",
        help="which BRDF an svbrdf model was trained with",
    )
    parser.add_argument(
        "--duration", type=float, help="ODE time from fresh to aged (default: 5 for rgb, 10 for svbrdf)"
    )


def run(arguments: argparse.Namespace) -> None:
    from ..models.equinox import import_equinox

    header = import_equinox(arguments.file, arguments.model, arguments.kind, arguments.brdf, arguments.duration)
    print(f"{arguments.model}: {header.title}", file=sys.stderr)
