"""The command `patina`: the engine without Blender. Exit 0, or one line of error and exit 2."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from .errors import InvalidRequestError, PatinaError
from .map_names import MAPS

_WEIGHTS = Path(__file__).resolve().parent.parent / "weights"


def shipped_models() -> dict[str, Path]:
    """The models that come with Patina, by name."""
    return {path.stem: path for path in sorted(_WEIGHTS.glob("*.safetensors"))}


def find_model(text: str) -> Path:
    """A model's path from a path or the name of a shipped model."""
    return shipped_models().get(text, Path(text))


def ages(text: str) -> list[float]:
    """Ages from "0,0.5,1"."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = [-1.0]
    if not all(0 <= value <= 1 for value in values):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of ages between 0 and 1, such as 0,0.5,1")
    return values


def fresh_to_aged(text: str) -> tuple[float, float]:
    """A fresh and an aged value from "0.4,0.85"."""
    values = ages(text)
    if len(values) != 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a fresh and an aged value between 0 and 1, such as 0.4,0.85")
    return values[0], values[1]


def _info(arguments: argparse.Namespace) -> None:
    from .model_file import load_model

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


def _synth(arguments: argparse.Namespace) -> None:
    from .life_store import LifeStore
    from .server import device_name
    from .worker import Worker, write_files

    path = find_model(arguments.model)
    worker = Worker(LifeStore(arguments.lives or arguments.folder / ".lives", 4 << 30), device_name())
    life = worker.life(path, "", arguments.seed, arguments.size)
    try:
        arguments.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidRequestError(
            f"{arguments.folder} cannot be made ({error.strerror})", "choose another folder"
        ) from error
    started = time.monotonic()
    for number, age in enumerate(arguments.ages, start=1):
        for done, total in worker.solve(life, age):
            seconds = (time.monotonic() - started) / done * (total - done)
            print(f"\rstep {done} of {total}, {seconds:.0f} s left ", end="", file=sys.stderr, flush=True)
        files = {name: str(arguments.folder / f"{path.stem}_{name}_{number:04d}.png") for name in MAPS}
        write_files(files, life.maps(age))
    print(f"\r{len(arguments.ages) * len(MAPS)} pictures in {arguments.folder}", file=sys.stderr)


def _train(arguments: argparse.Namespace) -> None:
    from .training.rgb import TrainingConfig
    from .training.run import Description, default_rules, train_rgb

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


def _import_eqx(arguments: argparse.Namespace) -> None:
    from .equinox import import_equinox

    header = import_equinox(arguments.file, arguments.model, arguments.kind, arguments.brdf, arguments.duration)
    print(f"{arguments.model}: {header.title}", file=sys.stderr)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; `--help` says the rest."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"patina: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="patina", description="Materials that age: synthesise, train and convert models.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        subparser = commands.add_parser(name, help=text, description=text)
        subparser.set_defaults(run=run)
        return subparser

    info = command("info", _info, "say what a model is")
    info.add_argument("model", metavar="MODEL", help="a file, or the name of a shipped model")

    synth = command("synth", _synth, "write the maps of a model at some ages as pictures")
    synth.add_argument("model", metavar="MODEL", help="a file, or the name of a shipped model")
    synth.add_argument("folder", metavar="FOLDER", type=Path)
    synth.add_argument("--size", type=int, default=256, help="extent in texels (default 256)")
    synth.add_argument("--seed", type=int, default=0, help="another seed is another piece of the material")
    synth.add_argument("--ages", type=ages, default=[0.0, 0.5, 1.0], help="between 0 and 1 (default 0,0.5,1)")
    synth.add_argument("--lives", type=Path, help="folder of kept lives (default: FOLDER/.lives)")

    train = command("train", _train, "learn a model from footage; stop and start again at any time")
    train.add_argument(
        "exemplar", metavar="EXEMPLAR", type=Path, help="an animated WebP, GIF or PNG, or a folder of pictures"
    )
    train.add_argument("model", metavar="MODEL", type=Path, help="the .safetensors file to write")
    train.add_argument("--kind", choices=("rgb",), required=True, help="rgb: colour footage in any light")
    train.add_argument("--iterations", type=int, default=12_000)
    train.add_argument(
        "--size",
        type=int,
        default=64,
        help="side of the trained state in texels (default 64), twice that in the last fifth",
    )
    train.add_argument(
        "--flatten", action=argparse.BooleanOptionalAction, default=True, help="take uneven light out of the footage"
    )
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--metallic", type=fresh_to_aged, default=(0.0, 0.0), help="fresh,aged (default 0,0)")
    train.add_argument("--roughness", type=fresh_to_aged, default=(0.4, 0.85), help="fresh,aged (default 0.4,0.85)")
    train.add_argument(
        "--relief", type=float, default=1.0, help="how far ageing raises the surface, in texels (default 1)"
    )
    train.add_argument("--title", help="the model's name for people (default: from the file's name)")
    train.add_argument("--credit", default="", help="whose footage it is")
    train.add_argument("--licence", default="", help="the model's licence")
    train.add_argument("--checkpoint", type=Path, help="what a resumed training needs (default: beside MODEL)")

    eqx = command("import-eqx", _import_eqx, "convert weights of the public NDAE implementation")
    eqx.add_argument("file", metavar="FILE", type=Path)
    eqx.add_argument("model", metavar="MODEL", type=Path, help="the .safetensors file to write")
    eqx.add_argument("--kind", choices=("rgb", "svbrdf"), required=True)
    eqx.add_argument(
        "--brdf",
        choices=("diffuse_specular", "metallic_anisotropic", "metallic_isotropic"),
        default="diffuse_specular",
        help="which BRDF an svbrdf model was trained with",
    )
    eqx.add_argument("--duration", type=float, help="ODE time from fresh to aged (default: 5 for rgb, 10 for svbrdf)")
    return parser


def main() -> int:
    """Run the command line; returns the exit status."""
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except PatinaError as error:
        print(f"patina: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("patina: stopped", file=sys.stderr)
        return 130
    return 0
