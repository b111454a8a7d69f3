"""A file from which a training goes on as if it had not stopped."""

from __future__ import annotations

import hashlib
import io
import pickle
from dataclasses import asdict
from pathlib import Path

import torch

from ..files.whole_files import written_whole
from .config import TrainingError
from .training import Training

_UNREADABLE = (
    OSError,
    RuntimeError,
    LookupError,
    TypeError,
    AttributeError,
    ValueError,
    EOFError,
    pickle.UnpicklingError,
)
_CONTEST = "loss._extra_state"  # of `CriticLoss`, in the state of its objective


class Checkpoint:
    """The checkpoint at `path`, tied to the exemplar and the settings of `training`."""

    def __init__(self, path: Path, training: Training):
        self.path = path
        self._training = training
        settings = {name: value for name, value in asdict(training.config).items() if name != "iterations"}
        settings |= training.objective.settings()
        if training.beginning is not None:
            settings["beginning"] = training.beginning.header.sha256
        exemplar = training.objective.exemplar
        digest = hashlib.sha256(exemplar.frames.tobytes() + exemplar.ages.tobytes())
        digest.update(repr(sorted(settings.items())).encode())
        self._identity = digest.hexdigest()

    def load(self) -> float:
        """Bring the training to where it was; returns the seconds spent so far, 0 where there is no checkpoint.

        Raises TrainingError for a file that cannot be read or belongs to another training.
        """
        if not self.path.exists():
            return 0.0
        try:
            saved = torch.load(self.path, weights_only=True, map_location=self._training.device)
            identity = saved["identity"]
        except _UNREADABLE as error:
            raise TrainingError(
                f"The checkpoint {self.path} cannot be read", "delete it to train from the start"
            ) from error
        if identity != self._identity:
            raise TrainingError(
                f"The checkpoint {self.path} belongs to another exemplar or other settings",
                "choose another name for the model, or delete the checkpoint",
            )
        self._training.load_state_dict(saved["training"])
        return saved["seconds"]

    def save(self, seconds: float) -> None:
        """Write where the training is. Raises TrainingError where the disk does not let us."""
        content = {"identity": self._identity, "training": self._training.state_dict(), "seconds": seconds}
        whole = io.BytesIO()
        torch.save(content, whole)  # not to the disk: of a full one torch says only "unexpected pos 554240 vs 554128"
        try:
            with written_whole(self.path) as beside:
                beside.write_bytes(whole.getbuffer())
        except OSError as error:
            raise TrainingError(
                f"The checkpoint {self.path} cannot be written ({error.strerror or error})",
                "free space on the disk, then resume the training",
            ) from error


def continue_contest(training: Training, path: Path) -> bool:
    """Let the critic of a training know what the one knew that its beginning was trained beside; is there any?

    path: the checkpoint that the training of the beginning may have left. It does not serve where it has no critic, or
    is of another step than the model. Raises TrainingError for a file that cannot be read.
    """
    if training.beginning is None or not training.objective.is_contested or not path.exists():
        return False
    try:
        saved = torch.load(path, weights_only=True, map_location=training.device)["training"]
        contest, weights = dict(saved["objective"]).get(_CONTEST), saved["best_weights"]
        ours = training.beginning.field.state_dict()
        if contest is None or not all(torch.equal(value, weights[name].cpu()) for name, value in ours.items()):
            return False
        training.objective.load_state_dict({_CONTEST: contest}, strict=False)
    except _UNREADABLE as error:
        raise TrainingError(
            f"The checkpoint {path} cannot be read", "move it elsewhere to let a critic begin anew"
        ) from error
    return True
