"""Whose photographs are compared: the truth of a synthetic exemplar, other pieces of the same material, and models."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from patina.engine.appearance import PrincipledAppearance, RelightableAppearance
from patina.engine.errors import InvalidExemplarError, InvalidModelError
from patina.engine.lives.life import Life, LifeSettings
from patina.engine.lives.life_store import LifeStore
from patina.engine.maps.color import linear_to_srgb
from patina.engine.maps.pictures import to_bytes
from patina.engine.models.model_file import load_model
from patina.engine.models.shipped import find_model
from patina.engine.rendering.flash import Frame, Light
from patina.engine.training.exemplar import read_exemplar
from patina.engine.training.picture_files import read_colour
from torch import Tensor

from synthetic.materials import MATERIALS

FLASH = "flash"
_LOOK = PrincipledAppearance(relief=1.0)  # the truth's height is in texels


@dataclass(frozen=True)
class Subject:
    """Pieces of a material at the reference ages.

    lights: by name, the flash first. states: [C, T, T] tensors, by piece and age.
    """

    name: str
    look: RelightableAppearance
    lights: dict[str, Light]
    states: list[list[Tensor]]

    def photograph(self, light: str, piece: int, age: int) -> np.ndarray:
        """The picture [3, T, T] in [0, 1] that fills the camera's view, rounded to 8 bits as a file is."""
        state = self.states[piece][age]
        height, width = state.shape[-2:]
        positions = Frame(width, height).positions(0, 0, height, width)
        return to_bytes(self.look.photograph(state, positions, self.lights[light]).numpy()).astype(np.float32) / 255


@dataclass(frozen=True)
class Exemplar:
    """A synthetic exemplar. ages: of its references. references: pictures [3, T, T] in [0, 1] by light, then by age."""

    truth: Subject
    ages: list[float]
    references: dict[str, list[np.ndarray]]
    material: str
    seed: int

    @property
    def intensity(self) -> float:
        """Of the true light."""
        return float(self.truth.lights[FLASH].intensity)

    @property
    def texels(self) -> int:
        return int(self.truth.states[0][0].shape[-1])

    def other_pieces(self, count: int) -> Subject:
        """As many pieces of the same material, drawn with other seeds: what a perfect model would give."""
        pieces = [MATERIALS[self.material](self.texels, self.seed + 1 + k) for k in range(count)]
        states = [[_state_of_maps(piece.maps(age)) for age in self.ages] for piece in pieces]
        return Subject("other pieces of the truth", _LOOK, self.truth.lights, states)


def read_synthetic(folder: Path) -> Exemplar:
    """Read what `synthetic.make` wrote. Raises InvalidExemplarError where the folder holds something else."""
    try:
        scene = json.loads((folder / "scene.json").read_text(encoding="utf-8"))
        numbers = [int(number) for number in scene["reference_frames"]]
        ages = [float(scene["ages"][number - 1]) for number in numbers]
        places = {FLASH: scene["flash"], **scene["references"]}
        lights = {
            name: Light(float(scene["light"]["intensity"]), float(x), float(y)) for name, (x, y) in places.items()
        }
        material, seed, texels = str(scene["material"]), int(scene["seed"]), int(scene["texels"])
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise InvalidExemplarError(
            f"{folder} has no scene.json of a synthetic exemplar ({error})", "make one with synthetic.make"
        ) from error
    frames = read_exemplar(folder / "maps", "maps").frames
    if frames.shape != (len(scene["ages"]), texels, texels, 6) or material not in MATERIALS:
        raise InvalidExemplarError(f"The maps of {folder} are not those of its scene.json", "make the exemplar again")
    truth = Subject("truth", _LOOK, lights, [[_state_of_frame(frames[number - 1]) for number in numbers]])
    folders = {name: folder / FLASH if name == FLASH else folder / "references" / name for name in lights}
    references = {name: [_picture(path / f"{number:04d}.png") for number in numbers] for name, path in folders.items()}
    return Exemplar(truth, ages, references, material, seed)


def _picture(path: Path) -> np.ndarray:
    return read_colour(path).transpose(2, 0, 1).astype(np.float32) / 255


def _state_of_frame(frame: np.ndarray) -> Tensor:
    state = torch.from_numpy(frame).permute(2, 0, 1).clone()
    state[:5] = 2 * state[:5] - 1
    return state


def _state_of_maps(maps: dict[str, np.ndarray]) -> Tensor:
    colour = linear_to_srgb(torch.from_numpy(maps["base_color"])).numpy()
    frame = np.dstack((colour, maps["metallic"], maps["roughness"], maps["height"]))
    return _state_of_frame(frame.astype(np.float32))


def subject_of_model(name: str, exemplar: Exemplar, seeds: int) -> Subject:
    """A model's textures, as large as the exemplar, for seeds 0, 1, ...

    A flash model is seen under the flash that it learned, and under the other lights with that intensity; a maps model
    knows no light and is seen under the true ones. Raises InvalidModelError for a model that cannot be relit.
    """
    model = load_model(find_model(name))
    look, header = model.appearance, model.header
    if not isinstance(look, RelightableAppearance):
        raise InvalidModelError(f"{header.name} has learned colour only", "choose a model of kind flash or maps")
    lights = dict(exemplar.truth.lights)
    if header.light:
        lights = {place: Light(header.light["intensity"], light.x, light.y) for place, light in lights.items()}
        lights[FLASH] = Light(**header.light)
    with TemporaryDirectory() as folder:
        store = LifeStore(Path(folder), 1 << 30)
        lives = [Life(model, seed, exemplar.texels, store, LifeSettings(), "cpu") for seed in range(seeds)]
        states = [[life.observed(age) for age in exemplar.ages] for life in lives]
    return Subject(header.name, look, lights, states)
