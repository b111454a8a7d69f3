"""VGG19's weights from torchvision's file, which the user supplies; checked before they are believed."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import torch
from torch import Tensor

from ..errors import InvalidModelError
from .vgg_loss import BLOCKS

DIGEST = "dcbb9e9d"  # first digits of the SHA-256 of torchvision's vgg19-dcbb9e9d.pth, as in its name
_LARGEST = 1 << 30  # bytes; the file has 548 MB
_REMEDY = f"give torchvision's vgg19-{DIGEST}.pth, or train without VGG19"


def read_vgg_weights(path: Path, digest: str = DIGEST) -> tuple[tuple[Tensor, Tensor], ...]:
    """Weight and bias of the 16 convolutions in a file, whatever it is called; see `VggLoss`.

    digest: what the SHA-256 of the file starts with, in lower case. Nothing in the file is executed.
    Raises InvalidModelError where the file is another one or its tensors are not VGG19's.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise InvalidModelError(f"{path.name} is too large for VGG19's weights", _REMEDY)
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if not found.startswith(digest):
            raise InvalidModelError(f"{path.name} is damaged or another file: its SHA-256 is {found[:8]}...", _REMEDY)
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        reason = getattr(error, "strerror", None) or "it is no file of tensors"
        raise InvalidModelError(f"{path.name} cannot be read ({reason})", _REMEDY) from error
    if not isinstance(tensors, dict):
        raise InvalidModelError(f"{path.name} holds no named tensors", _REMEDY)
    kernels, layer, channels = [], 0, 3
    for width, convolutions in BLOCKS:
        for _ in range(convolutions):
            weight = _tensor(tensors, f"features.{layer}.weight", (width, channels, 3, 3), path.name)
            kernels.append((weight, _tensor(tensors, f"features.{layer}.bias", (width,), path.name)))
            channels = width
            layer += 2  # past its ReLU
        layer += 1  # past the pooling
    return tuple(kernels)


def _tensor(tensors: dict, name: str, shape: tuple[int, ...], file: str) -> Tensor:
    tensor = tensors.get(name)
    if not isinstance(tensor, Tensor) or tensor.shape != shape or tensor.dtype != torch.float32:
        raise InvalidModelError(f"{name} of {file} is not a float32 tensor of shape {list(shape)}", _REMEDY)
    if not tensor.isfinite().all():
        raise InvalidModelError(f"{name} of {file} has values that are not finite", _REMEDY)
    return tensor.detach().clone()  # the file's other tensors, 460 MB, are let go
