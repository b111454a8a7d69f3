"""What a trained model says of itself: the header of its file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from ..appearance import DEFAULT_RULES
from ..models.model_header import ModelHeader
from .training import Training


@dataclass(frozen=True)
class Description:
    """What training does not know: the name for people, whose exemplar it is, and the model's licence."""

    title: str
    credit: str = ""
    licence: str = ""


def default_rules(
    departure: tuple[float, float], metallic: tuple[float, float], roughness: tuple[float, float], relief: float
) -> dict[str, object]:
    """The rule by which an RGB model estimates what colour does not show; relief in texels."""
    stated = {"departure": list(departure), "metallic": list(metallic), "roughness": list(roughness)}
    return DEFAULT_RULES | stated | {"relief": [relief, 0.6]}


def header_of(training: Training, path: Path, description: Description, seconds: float) -> ModelHeader:
    """The header of the model that `training` has at this moment."""
    config, objective, beginning = training.config, training.objective, {}
    if training.beginning is not None:
        before = training.beginning.header
        beginning = {"went_on_from": {"title": before.title, "sha256": before.sha256} | _steps(before)}
    return ModelHeader(
        name=path.stem,
        title=description.title,
        network=config.network.to_header(),
        duration=config.duration,
        warm_up=config.warm_up_time,
        grid=config.grid(),
        appearance=objective.appearance(),
        estimated=objective.estimated,
        credit=description.credit,
        licence=description.licence,
        training={
            "kind": objective.kind,
            "exemplar": objective.exemplar.name,
            "frames": len(objective.exemplar.frames),
            "texels": [objective.exemplar.plane.width, objective.exemplar.plane.height],
            **({"region": list(objective.exemplar.region)} if objective.exemplar.region else {}),
            **({"white_balance": list(objective.exemplar.white_balance)} if objective.exemplar.white_balance else {}),
            **objective.settings(),
            **beginning,
            "iterations": training.iteration,
            "learning_rate": config.learning_rate,
            **({"early": training.early} if training.early != 1 else {}),
            "state_size": [config.state_size, config.late_state_size],
            "plain_share": objective.plain_share,
            "inference_loss": round(training.best, 4) if math.isfinite(training.best) else None,
            "seconds": round(seconds),
        },
        sha256="",
        light=training.best_light,
        start=tuple(round(value, 4) for value in training.start),
    )


def _steps(header: ModelHeader) -> dict[str, object]:
    """How many steps a model has had, where its record says so; with those of the models that it went on from."""
    before = header.training.get("went_on_from")
    steps = [record.get("iterations") for record in (header.training, before) if isinstance(record, dict)]
    known = [count for count in steps if type(count) is int]
    return {"iterations": sum(known)} if known else {}
