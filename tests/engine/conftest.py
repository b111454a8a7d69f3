"""What the tests of the engine share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from patina.engine.lives.life_store import LifeStore
from patina.engine.models.model_file import Model, load_model

# Tests share few cores, also with the engine's processes that they start, and their models are tiny: threads only wait.
os.environ["OMP_NUM_THREADS"] = "1"
torch.set_num_threads(1)

PATIENCE = 180.0  # seconds: only a hang takes so long, a crowded machine does not
DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="session")
def tiny_path() -> Path:
    """The tiny model: extents are multiples of 2, 4 + 8 steps."""
    return DATA / "tiny.safetensors"


@pytest.fixture
def tiny(tiny_path: Path) -> Model:
    return load_model(tiny_path)


@pytest.fixture
def store(tmp_path: Path) -> LifeStore:
    return LifeStore(tmp_path / "lives", 1 << 30)


def is_one_sentence(text: str) -> bool:
    """Whether an error is one line that ends like a sentence and has a length that a panel can show."""
    return "\n" not in text and text.endswith(".") and len(text) < 400
