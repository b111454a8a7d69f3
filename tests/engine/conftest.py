"""What the tests of the engine share."""

from __future__ import annotations

from pathlib import Path

import pytest
from patina.engine.life_store import LifeStore
from patina.engine.model_file import Model, load_model

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
    """Whether an error is one line that starts like a sentence and ends like one, of a length that a panel can show."""
    return "\n" not in text and text[0] == text[0].upper() and text.endswith(".") and len(text) < 400
