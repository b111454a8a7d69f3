"""A training from the command line: progress, pictures, checkpoints, and the model file at the end."""

from __future__ import annotations

import hashlib
import math
import pickle
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ..appearance import DEFAULT_RULES, RGB_ESTIMATED
from ..errors import PatinaError
from ..model_file import save_model
from ..model_header import ModelHeader
from ..network import VectorField
from ..noise import initial_noise
from ..pictures import to_bytes, write_picture
from ..solver import integrate
from ..whole_files import written_whole
from .exemplar import SMALLEST, Exemplar, read_exemplar
from .rgb import RgbTraining, TrainingConfig, to_colour

_PREVIEW_AGES = 8
_PREVIEW_SIZE = 128


class TrainingError(PatinaError):
    """A training that cannot go on."""


@dataclass(frozen=True)
class Description:
    """What a trained model says of itself besides what training knows; rules: see `appearance.RgbAppearance`."""

    title: str
    credit: str
    licence: str
    rules: dict[str, object]


def preview(field: VectorField, exemplar: Exemplar, duration: float, warm_up: float) -> Image.Image:
    """Exemplar above synthesis at evenly spaced ages."""
    noise = initial_noise(field.config.channels, _PREVIEW_SIZE, _PREVIEW_SIZE, seed=5)
    state = torch.from_numpy(noise)[None].to(next(field.parameters()).device)
    above, below, start = [], [], -warm_up
    with torch.inference_mode():
        for k in range(_PREVIEW_AGES):
            age = k / (_PREVIEW_AGES - 1)
            end = duration * age
            state = integrate(field, state, start, end, math.ceil((end - start) * 10), "euler")
            frame = Image.fromarray(exemplar.frames[exemplar.index_at(age)])
            above.append(np.asarray(frame.resize((_PREVIEW_SIZE, _PREVIEW_SIZE), Image.Resampling.LANCZOS)))
            below.append(to_bytes(to_colour(state)[0].permute(1, 2, 0).cpu().numpy()))
            start = end
    return Image.fromarray(np.vstack((np.hstack(above), np.hstack(below))))


def fresh_color(exemplar: Exemplar) -> list[float]:
    """The median display-encoded colour of the first frame: what a texel leaves as it ages."""
    return [round(float(value) / 255, 4) for value in np.median(exemplar.frames[0].reshape(-1, 3), axis=0)]


def header_of(training: RgbTraining, path: Path, description: Description, seconds: float) -> ModelHeader:
    """What the trained model says of itself."""
    config = training.config
    warm_up = config.warm_up * training.duration
    density = 2 * config.steps_per_unit[1]  # twice as fine as it was trained: close to the exact solution
    grid = {"warm_up_steps": math.ceil(density * warm_up), "steps": math.ceil(density * training.duration)}
    return ModelHeader(
        name=path.stem,
        title=description.title,
        network=config.network.to_header(),
        duration=training.duration,
        warm_up=warm_up,
        grid=grid | {"method": "euler"},
        appearance=description.rules | {"form": "rgb", "fresh_color": fresh_color(training.exemplar)},
        estimated=RGB_ESTIMATED,
        credit=description.credit,
        licence=description.licence,
        training={
            "kind": "rgb",
            "exemplar": training.exemplar.name,
            "frames": len(training.exemplar.frames),
            "loss": "sliced Wasserstein distance of patches",
            "iterations": training.iteration,
            "state_size": [config.state_size, config.late_state_size],
            "inference_loss": round(training.best, 4) if math.isfinite(training.best) else None,
            "seconds": round(seconds),
        },
        sha256="",
    )


class Checkpoint:
    """A file from which a training goes on as if it had not stopped, tied to its exemplar and settings."""

    def __init__(self, path: Path, exemplar: Exemplar, config: TrainingConfig):
        self.path = path
        settings = {name: value for name, value in asdict(config).items() if name != "iterations"}
        digest = hashlib.sha256(exemplar.frames.tobytes() + repr(sorted(settings.items())).encode())
        self._identity = digest.hexdigest()

    def load(self, training: RgbTraining) -> float:
        """Bring `training` to where it was; returns the seconds spent so far, 0 where there is no checkpoint."""
        if not self.path.exists():
            return 0.0
        try:
            saved = torch.load(self.path, weights_only=True, map_location=training.device)
            identity = saved["identity"]
        except (OSError, RuntimeError, LookupError, TypeError, ValueError, EOFError, pickle.UnpicklingError) as error:
            raise TrainingError(
                f"The checkpoint {self.path} cannot be read", "delete it to train from the start"
            ) from error
        if identity != self._identity:
            raise TrainingError(
                f"The checkpoint {self.path} belongs to another exemplar or other settings",
                "choose another name for the model, or delete the checkpoint",
            )
        training.load_state_dict(saved["training"])
        return saved["seconds"]

    def save(self, training: RgbTraining, seconds: float) -> None:
        content = {"identity": self._identity, "training": training.state_dict(), "seconds": seconds}
        try:
            with written_whole(self.path) as beside:
                torch.save(content, beside)
        except (OSError, RuntimeError) as error:
            raise TrainingError(
                f"The checkpoint {self.path} cannot be written ({error})", "free space on the disk"
            ) from error


def train_rgb(
    exemplar_path: Path,
    model_path: Path,
    config: TrainingConfig,
    description: Description,
    checkpoint_path: Path,
    report: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
) -> None:
    """Train, or go on with, a model of RGB footage; writes `model_path` and MODEL.png beside it at every check.

    Raises InvalidExemplarError for footage that cannot be learned from and TrainingError for a checkpoint that does not
    belong to it; a model or checkpoint that was there stays as it was.
    """
    exemplar = read_exemplar(exemplar_path)
    _check_settings(config)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    training = RgbTraining(exemplar, config, device)
    checkpoint = Checkpoint(checkpoint_path, exemplar, config)
    _rehearse(training, model_path, description)
    seconds = checkpoint.load(training)
    report(f"training {exemplar.name} on {device} from step {training.iteration} of {config.iterations}")
    started, first = time.monotonic(), training.iteration
    with _interruption_held() as interrupted:
        while training.iteration < config.iterations:
            loss = training.step()
            if not math.isfinite(loss):
                raise TrainingError(
                    f"The training diverged at step {training.iteration}", "start it again from its checkpoint"
                )
            spent = time.monotonic() - started
            if training.is_check_due() or training.iteration == config.iterations:
                check = training.check()
                left = spent / (training.iteration - first) * (config.iterations - training.iteration)
                report(f"step {training.iteration} of {config.iterations}, loss {check:.4f}, {left / 60:.0f} min left")
                checkpoint.save(training, seconds + spent)
                _write_model(training, model_path, description, seconds + spent)
            if interrupted.is_set():
                checkpoint.save(training, seconds + spent)
                report(f"stopped at step {training.iteration}; the same command goes on from there")
                raise KeyboardInterrupt
    if not model_path.exists():  # stopped between its last checkpoint and its model
        _write_model(training, model_path, description, seconds)


@contextmanager
def _interruption_held() -> Iterator[threading.Event]:
    """Ctrl-C only sets the event: from half a step no training could go on as if it had not stopped."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted  # nobody presses keys there, and Python lets only the main thread listen
        return
    before = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def _check_settings(config: TrainingConfig) -> None:
    multiple = config.network.extent_multiple
    if not 0 <= config.seed < 2**63:
        raise TrainingError(f"The seed {config.seed} is not between 0 and 2^63", "choose a positive seed")
    sizes = (config.state_size, config.late_state_size)
    if config.iterations < 1 or any(size < SMALLEST or size % multiple for size in sizes):
        raise TrainingError(
            f"{config.iterations} iterations on {sizes[0]} and {sizes[1]} texels cannot be trained",
            f"use one iteration or more, and a multiple of {multiple} texels from {SMALLEST} on",
        )


def _rehearse(training: RgbTraining, path: Path, description: Description) -> None:
    """Before hours of work: can what will be learned be described, and its folder be made?"""
    with tempfile.TemporaryDirectory() as folder:
        save_model(training.field, header_of(training, path, description, 0.0), Path(folder) / path.name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"{path.parent} cannot be made ({error.strerror})", "choose another folder") from error


def _write_model(training: RgbTraining, path: Path, description: Description, seconds: float) -> None:
    field = training.best_field()
    save_model(field, header_of(training, path, description, seconds), path)
    picture = preview(field, training.exemplar, training.duration, training.config.warm_up * training.duration)
    write_picture(path.with_suffix(".png"), picture)


def default_rules(metallic: tuple[float, float], roughness: tuple[float, float], relief: float) -> dict[str, object]:
    """The rule by which an RGB model estimates what colour does not show; relief in texels."""
    departure = {"departure": [0.28, 0.65], "relief": [relief, 0.6]}
    return DEFAULT_RULES | departure | {"metallic": list(metallic), "roughness": list(roughness)}
