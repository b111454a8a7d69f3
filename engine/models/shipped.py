"""The models that come with Patina, by name."""

from __future__ import annotations

from pathlib import Path

from ..folders import WEIGHTS


def shipped_models() -> dict[str, Path]:
    """The models that come with Patina, by name."""
    return {path.stem: path for path in sorted(WEIGHTS.glob("*.safetensors"))}


def find_model(text: str) -> Path:
    """A model's path from a path or the name of a shipped model."""
    return shipped_models().get(text, Path(text))
