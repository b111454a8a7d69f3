"""What picture of a model is compared with what picture of its exemplar: one view for each kind of exemplar."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import torch
from torch import Tensor

from ..appearance import Appearance, RelightableAppearance
from ..errors import InvalidModelError
from ..maps.color import linear_to_srgb
from ..maps.pictures import to_bytes
from ..models.model_header import ModelHeader
from ..rendering.flash import Light
from ..training.exemplar import Exemplar
from ..training.illumination import flatten_illumination
from .lab import srgb_to_lab

STEP = 1 / 255  # of a plane's range: what 8 bits keep, and the eye hardly sees (0.4 in CIELAB)
LARGEST = 256  # texels: of a larger exemplar the middle is judged
_MULTIPLE = 16  # of texels: a network can halve it four times
_LAB = ("lightness", "green-red", "blue-yellow")


class View(ABC):
    """Pictures of an exemplar, and of a model's states, in the same terms.

    planes: names of what is perceived. judged: those of them by whose texture a model is called good; codecs thin out
    the colour of footage, so that its texture is reported and not judged.
    """

    planes: tuple[str, ...] = _LAB
    judged: tuple[str, ...] = ("lightness",)

    def __init__(self, exemplar: Exemplar, appearance: Appearance):
        self.exemplar = exemplar
        self.appearance = appearance
        height, width = exemplar.frames.shape[1:3]
        self.height, self.width = min(height, LARGEST), min(width, LARGEST)
        self.top, self.left = (height - self.height) // 2, (width - self.width) // 2

    def frame(self, index: int) -> np.ndarray:
        """The middle of one frame of the exemplar as a picture [H, W, C]."""
        picture = self.whole_frame(index)[self.top : self.top + self.height, self.left : self.left + self.width]
        return picture.astype(np.float32)

    def extent(self, wanted: int) -> int:
        """The extent of the states that are looked at, where `wanted` texels were asked for."""
        return wanted

    @abstractmethod
    def whole_frame(self, index: int) -> np.ndarray:
        """One frame of the exemplar as a picture [H, W, C]."""

    @abstractmethod
    def picture(self, observed: Tensor) -> np.ndarray:
        """The picture [H, W, C] of a state's observed channels [C', H, W]."""

    def planes_of(self, picture: np.ndarray) -> np.ndarray:
        """What is perceived of a picture, [K, H, W]."""
        return srgb_to_lab(torch.from_numpy(picture).permute(2, 0, 1)).numpy()

    def shown(self, picture: np.ndarray) -> list[np.ndarray]:
        """The picture for people, a list of [H, W, 3] uint8."""
        return [to_bytes(picture)]


class RgbView(View):
    """Display-encoded colour, rounded to 8 bits as footage is. flattened: as the footage was for training."""

    def __init__(self, exemplar: Exemplar, appearance: Appearance, flattened: bool):
        super().__init__(exemplar, appearance)
        self.flattened = flattened

    def whole_frame(self, index: int) -> np.ndarray:
        frames = self.exemplar.frames[index : index + 1]
        return (flatten_illumination(frames) if self.flattened else frames)[0] / 255

    def picture(self, observed: Tensor) -> np.ndarray:
        colour = linear_to_srgb(torch.from_numpy(self.appearance.maps(observed)["base_color"])).numpy()
        return to_bytes(colour).astype(np.float32) / 255


class FlashView(View):
    """Photographs; of the model, its maps rendered under the light that it learned, at the same place under it."""

    appearance: RelightableAppearance

    def __init__(self, exemplar: Exemplar, appearance: RelightableAppearance, light: dict[str, float]):
        super().__init__(exemplar, appearance)
        self.positions = exemplar.plane.positions(self.top, self.left, self.height, self.width)
        self.light = Light(**light)

    def extent(self, wanted: int) -> int:
        """That of the photograph: light falls off towards its edges."""
        return -(-max(self.height, self.width) // _MULTIPLE) * _MULTIPLE

    def whole_frame(self, index: int) -> np.ndarray:
        return self.exemplar.frames[index] / 255

    def picture(self, observed: Tensor) -> np.ndarray:
        # What is larger than the photograph is lit as if photographs lay side by side.
        times = observed.shape[-1] // self.extent(0)
        state = observed[None, :, : times * self.height, : times * self.width]
        photograph = self.appearance.photograph(state, self.positions.repeat(1, times, times), self.light)[0]
        return to_bytes(photograph.permute(1, 2, 0).numpy()).astype(np.float32) / 255


class MapsView(View):
    """All maps: display-encoded base colour (3), metallic, roughness, height in units of four of its spreads.

    together: their sum, each in units of its spread and with the sign with which it goes with the others, in which maps
    that do not lie on each other show.
    """

    planes = (*_LAB, "metallic", "roughness", "height", "together")

    def __init__(self, exemplar: Exemplar, appearance: Appearance):
        super().__init__(exemplar, appearance)
        heights = exemplar.frames[..., 5]
        self.level, self.relief = float(heights.mean()), max(4 * float(heights.std()), 0.1)
        parts = torch.stack([torch.from_numpy(self._apart(self.frame(k))) for k in range(len(exemplar.frames))])
        parts = parts.transpose(0, 1).flatten(1)  # [6, N H W]
        spread = parts.std(dim=1)
        weights = torch.linalg.eigh(torch.cov(parts / spread.clamp(min=STEP)[:, None])).eigenvectors[:, -1].sign()
        self.weights = (weights / spread.clamp(min=STEP)).numpy() * float(spread.max()) / 6**0.5
        # A map that never varies has no texture to judge.
        names = self.planes[:1] + self.planes[3:6]
        varies = dict(zip(self.planes, (spread > 2 * STEP).tolist(), strict=False))
        self.judged = (*(name for name in names if varies[name]), "together")

    def whole_frame(self, index: int) -> np.ndarray:
        frame = self.exemplar.frames[index].copy()
        frame[..., 5] = (frame[..., 5] - self.level) / self.relief + 0.5
        return frame

    def picture(self, observed: Tensor) -> np.ndarray:
        maps = self.appearance.maps(observed)
        colour = linear_to_srgb(torch.from_numpy(maps["base_color"])).numpy()
        height = (256 * maps["height"] - self.level) / self.relief + 0.5
        return np.dstack((colour, maps["metallic"], maps["roughness"], height))

    def _apart(self, picture: np.ndarray) -> np.ndarray:
        return np.concatenate((super().planes_of(picture[..., :3]), picture[..., 3:].transpose(2, 0, 1)))

    def planes_of(self, picture: np.ndarray) -> np.ndarray:
        planes = self._apart(picture)
        return np.concatenate((planes, np.tensordot(self.weights, planes, 1)[None])).astype(np.float32)

    def shown(self, picture: np.ndarray) -> list[np.ndarray]:
        maps = [picture[..., :3], *(np.repeat(picture[..., k, None], 3, axis=2) for k in (3, 4, 5))]
        return [to_bytes(values) for values in maps]


def dithered(planes: np.ndarray, *seed: int) -> np.ndarray:
    """Planes with normal noise of one `STEP`: what is finer is not seen, and not compared."""
    noise = np.random.Generator(np.random.PCG64(seed)).standard_normal(planes.shape, dtype=np.float32)
    return planes + STEP * noise


def kind_of(header: ModelHeader) -> str:
    """The kind of exemplar that a model was trained on: "rgb", "flash" or "maps".

    Raises InvalidModelError where the header does not say so and it does not follow from the model's form.
    """
    kind = header.training.get("kind")
    if kind in ("rgb", "flash", "maps"):
        return str(kind)
    if header.appearance["form"] == "rgb":
        return "rgb"
    if header.light:
        return "flash"
    raise InvalidModelError(
        f"{header.name} does not say which kind of exemplar it was trained on", "choose a model that Patina trained"
    )


def view_of(exemplar: Exemplar, appearance: Appearance, header: ModelHeader) -> View:
    """The view for a model of `kind_of(header)` and its exemplar."""
    kind = kind_of(header)
    if kind == "maps":
        return MapsView(exemplar, appearance)
    if kind == "flash" and isinstance(appearance, RelightableAppearance) and header.light:
        return FlashView(exemplar, appearance, header.light)
    if kind == "rgb":
        return RgbView(exemplar, appearance, bool(header.training.get("flattened", True)))
    raise InvalidModelError(f"{header.name} does not say under which light it was trained", "train it again")
