"""`patina info`: what a model says of itself."""

from __future__ import annotations

import argparse

from ..maps.map_names import MAPS
from ..models.shipped import find_model

TEXT = "say what a model is"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a file, or the name of a shipped model")


def run(arguments: argparse.Namespace) -> None:
    from ..models.model_file import load_model

    model = load_model(find_model(arguments.model))
    header = model.header
    rows = {
        "title": header.title,
        "network": ", ".join(f"{key} {value}" for key, value in header.network.items()),
        "parameters": f"{sum(parameter.numel() for parameter in model.field.parameters()):,}",
        "duration": f"{header.duration:g}, after a warm-up of {header.warm_up:g}",
        "solver": f"{header.grid['method']}, {header.grid['warm_up_steps']} + {header.grid['steps']} steps",
        "maps": ", ".join(f"{name} (estimated)" if name in header.estimated else name for name in MAPS),
        "rules": ", ".join(f"{key} {value}" for key, value in header.appearance.items()),
        "extents": f"multiples of {header.extent_multiple}",
        "credit": header.credit,
        "licence": header.licence,
        "training": ", ".join(f"{key} {value}" for key, value in header.training.items()),
        "sha256": header.sha256,
    }
    for key, value in rows.items():
        print(f"{key:>10}  {value}")
