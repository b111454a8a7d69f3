"""`patina train`: a model from an exemplar."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..models.shipped import find_model, shipped_models
from .arguments import fresh_to_aged, gains, region, rising

if TYPE_CHECKING:
    from ..models.model_file import Model
    from ..models.network import NetworkConfig
    from ..training.exemplar import Exemplar
    from ..training.objective import Objective
    from ..training.vgg_loss import VggLoss

TEXT = "learn a model from an exemplar; stop and start again at any time"
_FORMS = ("principled", "diffuse_specular", "metallic_anisotropic", "metallic_isotropic")
_HIDDEN = 9  # channels of the state that are not seen (Liu and Ritschel 2024)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("exemplar", metavar="EXEMPLAR", type=Path, help="footage: a video or animation, or a folder")
    parser.add_argument("model", metavar="MODEL", type=Path, help="the .safetensors file to write")
    parser.add_argument(
        "--kind",
        choices=("rgb", "flash", "maps"),
        required=True,
        help="rgb: colour in any light; flash: photographs with camera and flash side by side; maps: PBR texture sets",
    )
    parser.add_argument("--title", help="the model's name for people (default: from the file's name)")
    parser.add_argument("--credit", default="", help="whose exemplar it is")
    parser.add_argument("--licence", default="", help="the model's licence")
    parser.add_argument("--checkpoint", type=Path, help="what a resumed training needs (default: beside MODEL)")
    parser.add_argument(
        "--region",
        type=region,
        metavar="LEFT,TOP,RIGHT,BOTTOM",
        help="learn from this part of the pictures only, in shares of their size: 0.5,0,1,1 is the right half; "
        "photographs keep their place under the flash",
    )
    parser.add_argument(
        "--white-balance",
        type=gains,
        metavar="RED,GREEN,BLUE",
        help="multiply the footage's linear light so, where its white is off: 1,1.05,0.8",
    )
    parser.add_argument("--texels", type=int, help="reduce the exemplar so that its shorter side has so many texels")

    recipe = parser.add_argument_group("the recipe")
    recipe.add_argument(
        "--from",
        type=_model,
        metavar="MODEL",
        help="begin with this model, a file or the name of a shipped one: more steps for it, or other footage",
    )
    recipe.add_argument("--iterations", type=int, default=12_000)
    recipe.add_argument(
        "--size",
        type=int,
        default=64,
        help="side of the trained state in texels (default 64), twice that in the last steps",
    )
    recipe.add_argument("--late-share", type=float, default=0.2, help="of the steps: those last ones (default 0.2)")
    recipe.add_argument(
        "--learning-rate", type=float, default=5e-4, help="halved down to a fifth, then falling to 0 (default 0.0005)"
    )
    recipe.add_argument(
        "--settling",
        type=float,
        default=0.3,
        help="of the steps: the last ones, in which the learning rate falls to 0 (default 0.3)",
    )
    recipe.add_argument(
        "--early",
        type=float,
        metavar="POWER",
        help="ages are drawn as even ones raised to this power: above 1 more early ones, below 1 more late ones "
        "(default 1; 1.5 for maps that go on from a model)",
    )
    recipe.add_argument("--width", type=int, help="of the network (default 32, or that of the model it begins with)")
    recipe.add_argument("--duration", type=float, help="ODE time from fresh to aged (default 5, or that model's)")
    recipe.add_argument("--seed", type=int, default=0)
    recipe.add_argument(
        "--vgg", type=Path, metavar="FILE", help="compare features of VGG19 with these weights instead of patches"
    )
    recipe.add_argument(
        "--critic",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="let a network that learns to tell the synthesis from the exemplar pull so many times as strongly as the "
        "patches (default 0: none)",
    )

    rgb = parser.add_argument_group("kind rgb: what colour does not show is estimated")
    rgb.add_argument(
        "--flatten", action=argparse.BooleanOptionalAction, default=True, help="take uneven light out of the footage"
    )
    rgb.add_argument(
        "--departure",
        type=rising,
        default=(0.28, 0.65),
        help="colour distances from fresh at which ageing begins to show and is complete (default 0.28,0.65)",
    )
    rgb.add_argument(
        "--metallic",
        type=fresh_to_aged,
        help="fresh,aged (default 0,0); of a flash exemplar, too, where it is known (default: learned)",
    )
    rgb.add_argument("--roughness", type=fresh_to_aged, default=(0.4, 0.85), help="fresh,aged (default 0.4,0.85)")
    rgb.add_argument(
        "--relief", type=float, default=1.0, help="how far ageing raises the surface, in texels (default 1)"
    )

    flash = parser.add_argument_group("kind flash")
    flash.add_argument(
        "--form", choices=_FORMS, help="the reflectance (default: Blender's own, or that of the model it begins with)"
    )
    flash.add_argument("--crops", type=int, default=3, help="places under the flash tried at each step (default 3)")
    flash.add_argument(
        "--initialisation",
        type=int,
        default=500,
        help="steps that settle colour, gloss and light before structure (default 500)",
    )


def run(arguments: argparse.Namespace) -> None:
    from ..training.config import TrainingConfig
    from ..training.exemplar import cut, read_exemplar, reduced
    from ..training.record import Description
    from ..training.run import Job, train
    from ..training.white_balance import balanced

    model: Path = arguments.model
    title = arguments.title or model.stem.replace("_", " ").capitalize()
    exemplar = read_exemplar(arguments.exemplar, arguments.kind)
    if arguments.white_balance is not None:
        exemplar = balanced(exemplar, arguments.white_balance)
    if arguments.texels is not None:
        exemplar = reduced(exemplar, arguments.texels)
    if arguments.region is not None:
        exemplar = cut(exemplar, arguments.region)
    beginning = _beginning(arguments)
    objective = _objective(arguments, exemplar, beginning)
    if arguments.critic:
        _add_critic(arguments, objective)
    config = TrainingConfig(
        network=_network(arguments, objective, beginning),
        iterations=arguments.iterations,
        state_size=arguments.size,
        late_state_size=_late_size(arguments, exemplar),
        late_share=arguments.late_share,
        duration=_duration(arguments, beginning),
        learning_rate=arguments.learning_rate,
        least_learning_rate=arguments.learning_rate / 5,
        settling=arguments.settling,
        early=arguments.early,
        seed=arguments.seed,
    )
    job = Job(
        model=model,
        checkpoint=arguments.checkpoint or model.with_suffix(".checkpoint"),
        description=Description(title, arguments.credit, arguments.licence),
        exemplar=str(arguments.exemplar.absolute()),
        command=_command(arguments),
        contest=_beginning_path(arguments).with_suffix(".checkpoint") if beginning else None,
    )
    train(objective, config, job, beginning=beginning)


def _objective(arguments: argparse.Namespace, exemplar: Exemplar, beginning: Model | None) -> Objective:
    from ..training.flash import FlashObjective
    from ..training.maps import MapsObjective
    from ..training.record import default_rules
    from ..training.rgb import RgbObjective

    loss = _vgg(arguments)
    if arguments.kind == "rgb":
        rules = default_rules(
            arguments.departure, arguments.metallic or (0.0, 0.0), arguments.roughness, arguments.relief
        )
        return RgbObjective(exemplar, rules, arguments.flatten, loss)
    if arguments.kind == "flash":
        return FlashObjective(
            exemplar, _form(arguments, beginning), arguments.crops, arguments.initialisation, loss, arguments.metallic
        )
    return MapsObjective(exemplar)


def _add_critic(arguments: argparse.Namespace, objective: Objective) -> None:
    from ..training.critic_loss import check_windows

    check_windows(arguments.size, arguments.size)
    check_windows(*objective.exemplar.frames.shape[1:3])
    objective.add_critic(arguments.critic)


def _vgg(arguments: argparse.Namespace) -> VggLoss | None:
    """The loss of VGG19's features, where its weights were given."""
    import torch

    from ..errors import InvalidRequestError
    from ..training.vgg_loss import VggLoss
    from ..training.vgg_weights import read_vgg_weights

    if arguments.vgg is None:
        return None
    if arguments.kind == "maps":
        raise InvalidRequestError("VGG19 sees colour only", "train texture sets on patches, without --vgg")
    return VggLoss(read_vgg_weights(arguments.vgg)).to("cuda" if torch.cuda.is_available() else "cpu")


def _model(text: str) -> str:
    """A model as any folder finds it: the name of a shipped one, or a file."""
    return text if text in shipped_models() else str(Path(text).absolute())


def _beginning(arguments: argparse.Namespace) -> Model | None:
    from ..models.model_file import load_model

    return None if getattr(arguments, "from") is None else load_model(_beginning_path(arguments))


def _beginning_path(arguments: argparse.Namespace) -> Path:
    return find_model(getattr(arguments, "from"))


def _form(arguments: argparse.Namespace, beginning: Model | None) -> str:
    theirs = "principled" if beginning is None else beginning.header.appearance["form"]
    return arguments.form or (theirs if theirs in _FORMS else "principled")


def _duration(arguments: argparse.Namespace, beginning: Model | None) -> float:
    if arguments.duration is not None:
        return arguments.duration
    return 5.0 if beginning is None else beginning.header.duration


def _network(arguments: argparse.Namespace, objective: Objective, beginning: Model | None) -> NetworkConfig:
    """The paper's shapes: two levels without attention for photographs, three with it for the rest.

    Those of the model it begins with, where there is one.
    """
    from ..errors import InvalidRequestError
    from ..models.network import NetworkConfig

    if beginning is None:
        multipliers, attention = ((1, 2), False) if arguments.kind == "flash" else ((1, 2, 4), True)
        width = 32 if arguments.width is None else arguments.width
        return NetworkConfig(objective.observed + _HIDDEN, width, multipliers, attention)
    network = beginning.field.config
    if arguments.width not in (None, network.width):
        raise InvalidRequestError(
            f"{beginning.header.title} has the width {network.width}, not {arguments.width}",
            "leave out --width to begin with it",
        )
    return network


def _late_size(arguments: argparse.Namespace, exemplar: Exemplar) -> int:
    """Twice the size, but no larger than the photographs that a crop is cut from."""
    if arguments.kind != "flash":
        return 2 * arguments.size
    return max(arguments.size, min(2 * arguments.size, min(exemplar.frames.shape[1:3]) // 2 * 2))


def _command(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The arguments that resume this training from any folder."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    words = ["train", str(arguments.exemplar.absolute()), str(arguments.model.absolute())]
    for name, value in vars(arguments).items():
        if name in ("exemplar", "model", "run") or value == parser.get_default(name):
            continue
        option = "--" + name.replace("_", "-")
        if name == "flatten":
            words.append(option if value else "--no-flatten")
        elif isinstance(value, tuple):
            words.append(f"{option}=" + ",".join(map(str, value)))
        else:
            words.append(f"{option}={value.absolute() if isinstance(value, Path) else value}")
    return tuple(words)
