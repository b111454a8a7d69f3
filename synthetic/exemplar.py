"""What a synthetic exemplar consists of, and how its folder says so."""

from __future__ import annotations

import json
from pathlib import Path

from patina.engine.errors import PatinaError
from patina.engine.files.whole_files import written_whole

from .materials import Material

FLASH = (0.0, 0.0)
REFERENCES = {"north": (0.0, 0.6), "west": (-0.5, 0.0), "south_east": (0.5, -0.5)}  # the paper's protocol
REFERENCE_AGES = 11


def ages(frames: int) -> list[float]:
    """The age of each frame, evenly from 0 to 1."""
    return [index / (frames - 1) for index in range(frames)]


def reference_numbers(frames: int) -> list[int]:
    """The numbers of the frames that are photographed under the other lights too; frames count from 1."""
    count = min(REFERENCE_AGES, frames)
    return [round(index * (frames - 1) / (count - 1)) + 1 for index in range(count)]


def scene(material: type[Material], texels: int, frames: int, seed: int) -> dict[str, object]:
    """What a reader of the pictures has to know, as it is written to scene.json."""
    return {
        "material": material.name,
        "licence": "CC0-1.0",
        "texels": texels,
        "seed": seed,
        "ages": ages(frames),
        "light": {"intensity": material.intensity, "height": 1.0, "falloff": "inverse square", "radius": 0.0},
        "flash": list(FLASH),
        "references": {name: list(place) for name, place in REFERENCES.items()},
        "reference_frames": reference_numbers(frames),
        "camera": {"position": [0.0, 0.0, 1.0], "field_of_view_degrees": 50.0, "plane": "z = 0, x right, y up"},
        "photograph_encoding": "linear light clipped to [1e-6, 1], to the power 1/2.2, 8 bits",
        "map_encoding": {
            "base_color": "sRGB, 8 bits",
            "metallic": "linear, 16 bits",
            "roughness": "linear, 16 bits; the square root of GGX's alpha",
            "height": "linear, 16 bits: 0.5 + texels / 256",
            "normal": "linear, 8 bits, OpenGL: 0.5 + 0.5 n; central differences of the height, wrapped",
        },
        "shading": "Principled BSDF, distribution GGX",
    }


def begin(folder: Path, about: dict[str, object]) -> None:
    """Make the folder, or see that what it holds was made with the same settings. Raises PatinaError."""
    path = folder / "scene.json"
    try:
        for part in ("maps", "flash", *(f"references/{light}" for light in REFERENCES)):
            (folder / part).mkdir(parents=True, exist_ok=True)
        if not path.exists():
            with written_whole(path) as beside:
                beside.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
        if json.loads(path.read_text(encoding="utf-8")) != about:
            raise PatinaError(
                f"{folder} holds another exemplar", "choose an empty folder, or the settings it was made with"
            )
    except (OSError, ValueError) as error:
        raise PatinaError(f"{folder} cannot be used ({error})", "choose a folder that you may write to") from error
