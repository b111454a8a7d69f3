"""`patina train`: a model from footage."""

from __future__ import annotations

import argparse
from pathlib import Path

from .arguments import fresh_to_aged

TEXT = "learn a model from footage; stop and start again at any time"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "exemplar", metavar="EXEMPLAR", type=Path, help="an animated WebP, GIF or PNG, or a folder of pictures"
    )
    parser.add_argument("model", metavar="MODEL", type=Path, help="the .safetensors file to write")
    parser.add_argument("--kind", choices=("rgb",), required=True, help="rgb: colour footage in any light")
    parser.add_argument("--iterations", type=int, default=12_000)
    parser.add_argument(
        "--size",
        type=int,
        default=64,
        help="side of the trained state in texels (default 64), twice that in the last fifth",
    )
    parser.add_argument(
        "--flatten", action=argparse.BooleanOptionalAction, default=True, help="take uneven light out of the footage"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--metallic", type=fresh_to_aged, default=(0.0, 0.0), help="fresh,aged (default 0,0)")
    parser.add_argument("--roughness", type=fresh_to_aged, default=(0.4, 0.85), help="fresh,aged (default 0.4,0.85)")
    parser.add_argument(
        "--relief", type=float, default=1.0, help="how far ageing raises the surface, in texels (default 1)"
    )
    parser.add_argument("--title", help="the model's name for people (default: from the file's name)")
    parser.add_argument("--credit", default="", help="whose footage it is")
    parser.add_argument("--licence", default="", help="the model's licence")
    parser.add_argument("--checkpoint", type=Path, help="what a resumed training needs (default: beside MODEL)")


def run(arguments: argparse.Namespace) -> None:
    from ..training.rgb import TrainingConfig
    from ..training.run import Description, default_rules, train_rgb

    model: Path = arguments.model
    rules = default_rules(arguments.metallic, arguments.roughness, arguments.relief)
    title = arguments.title or model.stem.replace("_", " ").capitalize()
    train_rgb(
        arguments.exemplar,
        model,
        TrainingConfig(
            iterations=arguments.iterations,
            state_size=arguments.size,
            late_state_size=2 * arguments.size,
            flatten=arguments.flatten,
            seed=arguments.seed,
        ),
        Description(title, arguments.credit, arguments.licence, rules),
        arguments.checkpoint or model.with_suffix(".checkpoint"),
    )
