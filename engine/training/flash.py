"""Learns base colour, metallic, roughness and height from photographs with camera and flash side by side.

Source: Liu and Ritschel 2024, section 5: the maps are rendered as if they lay at random places under the flash and
compared with the exemplar there. First, pixels drawn at random settle colour, gloss and light without any structure.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..appearance import DiffuseSpecularAppearance, MetallicAppearance, PrincipledAppearance, RelightableAppearance
from ..errors import InvalidRequestError
from ..maps.color import linear_to_srgb
from ..maps.normals import normals
from ..models.model_header import ModelHeader
from ..rendering.flash import GAMMA, Frame, Light
from .exemplar import Exemplar
from .objective import Objective, picture, shares
from .patch_loss import Loss, PatchLoss, Target, overflow
from .rgb import OVERFLOW_WEIGHT

FORMS: dict[str, RelightableAppearance] = {
    "principled": PrincipledAppearance(relief=1.0),
    "diffuse_specular": DiffuseSpecularAppearance(),
    "metallic_anisotropic": MetallicAppearance(alphas=2),
    "metallic_isotropic": MetallicAppearance(alphas=1),
}
_START_METALLIC = 0.2  # where nothing is known of it: most surfaces are none
_METALLIC = 3  # the channel, in the forms that have it
_KNOWN_WEIGHT = 20  # half a metal too much costs 5, more than any texture does
_MID_GREY = 0.2  # linear reflectance of a state that has learned nothing: display-encoded 0.5


class FlashObjective(Objective):
    """Patches of photographs under the flash.

    form: the reflectance that is learned, a name of `FORMS`. crops: places under the flash that a state is tried at, a
    step. initialisation: see `Objective`. metallic: what is known of it, fresh and aged, in [0, 1]; None: learned.
    A camera beside the flash sees a dull metal and a glossy dielectric alike, so what is known is worth telling.
    """

    kind = "flash"
    plain_share = 1.0  # what shows in no photograph alone, height above all, would stay the noise that it started from
    frames: Tensor  # [N, 3, H, W] display-encoded

    def __init__(
        self,
        exemplar: Exemplar,
        form: str = "principled",
        crops: int = 3,
        initialisation: int = 500,
        loss: Loss | None = None,
        metallic: tuple[float, float] | None = None,
    ):
        super().__init__(exemplar)
        if metallic is not None and form == "diffuse_specular":
            raise InvalidRequestError("The form 'diffuse_specular' knows no metal", "choose another, or leave it open")
        self.metallic = metallic
        self.form = form
        self.look = FORMS[form]
        self.observed = self.look.observed
        self.crops = crops
        self.initialisation = initialisation
        self.loss = loss or PatchLoss()
        frames = torch.from_numpy(exemplar.frames).permute(0, 3, 1, 2).float() / 255
        self.register_buffer("frames", frames, persistent=False)
        self.plane = exemplar.plane
        self.log_intensity = nn.Parameter(torch.tensor(_first_intensity(frames, self.plane)))
        self.place = nn.Parameter(torch.zeros(2))

    def flash(self) -> Light:
        """The light as it is believed to be."""
        return Light(self.log_intensity.exp(), self.place[0], self.place[1])

    def distance(self, state: Tensor, age: float, generator: torch.Generator) -> Tensor:
        target = shares(self.frames, self.exemplar, age)
        total = state.new_zeros(())
        for _ in range(self.crops):
            positions, cropped = self._at_random_place(state, target, generator)
            photograph = self.look.photograph(state, positions.to(state), self.flash())
            total = total + self.loss(photograph, cropped, generator, periodic=False)
        return total / self.crops + OVERFLOW_WEIGHT * self._overflow(state) + self._error_of_metallic(state, age)

    def initial_distance(self, state: Tensor, age: float, generator: torch.Generator) -> Tensor:
        """Squared difference to pixels drawn from anywhere, each texel lit as its pixel is; the surface is flat."""
        size = state.shape[-2:]
        row = torch.randint(self.frames.shape[2], size, generator=generator)
        column = torch.randint(self.frames.shape[3], size, generator=generator)
        positions = self.plane.position_of(row, column).to(state)
        photograph = self.look.photograph(state, positions, self.flash(), height=torch.zeros_like(state[:, 0]))
        wanted = sum(share * frame[..., row, column] for frame, share in shares(self.frames, self.exemplar, age))
        error = (photograph - wanted).square().mean()
        return error + OVERFLOW_WEIGHT * self._overflow(state) + self._error_of_metallic(state, age)

    def _error_of_metallic(self, state: Tensor, age: float) -> Tensor:
        """How far the state is from what is known of its metallic, 20 x the mean square."""
        if self.metallic is None:
            return state.new_zeros(())
        fresh, aged = self.metallic
        return _KNOWN_WEIGHT * (0.5 * state[:, _METALLIC] + 0.5 - (fresh + age * (aged - fresh))).square().mean()

    def _overflow(self, state: Tensor) -> Tensor:
        return overflow(0.5 * state[:, : self.observed - 1] + 0.5)

    def _at_random_place(self, state: Tensor, target: Target, generator: torch.Generator) -> tuple[Tensor, Target]:
        """Positions [2, h, w] of a window of the photograph as large as the state, and what the target shows there."""
        height, width = state.shape[-2:]
        top = int(torch.randint(self.frames.shape[2] - height + 1, (), generator=generator))
        left = int(torch.randint(self.frames.shape[3] - width + 1, (), generator=generator))
        cropped = [(frame[..., top : top + height, left : left + width], share) for frame, share in target]
        return self.plane.positions(top, left, height, width), cropped

    def go_on_from(self, header: ModelHeader) -> None:
        super().go_on_from(header)
        if header.light:
            with torch.no_grad():
                self.log_intensity.fill_(math.log(header.light["intensity"]))
                self.place.copy_(torch.tensor([header.light["x"], header.light["y"]]))

    def appearance(self) -> dict[str, Any]:
        return {"form": self.form} | ({"relief": [1.0]} if self.form == "principled" else {})

    @property
    def start(self) -> tuple[float, ...]:
        if self.form != "principled":
            return (0.0,) * self.observed
        mean = self.frames[0].pow(GAMMA).mean((1, 2)) / self.frames.pow(GAMMA).mean()
        colour = 2 * linear_to_srgb(_MID_GREY * mean).clamp(0, 1) - 1
        metallic = _START_METALLIC if self.metallic is None else self.metallic[0]
        return (*colour.tolist(), 2 * metallic - 1, 0.0, 0.0)

    def settings(self) -> dict[str, Any]:
        crops = {"crops": self.crops, "initialisation": self.initialisation}
        known = {"metallic": list(self.metallic)} if self.metallic is not None else {}
        return {"loss": self.loss.describe(), "form": self.form} | crops | known

    @property
    def estimated(self) -> tuple[str, ...]:
        return ("metallic",) if self.form == "diffuse_specular" else ()

    def light(self) -> dict[str, float]:
        intensity = float(self.log_intensity.detach().exp())
        x, y = self.place.detach().tolist()
        return {"intensity": round(intensity, 5), "x": round(x, 5), "y": round(y, 5)}

    def exemplar_pictures(self, age: float) -> list[np.ndarray]:
        return [picture(self.frames[self.exemplar.index_at(age)])]

    def synthesis_pictures(self, state: Tensor) -> list[np.ndarray]:
        """Under the flash; then base colour, metallic, roughness and normal."""
        height, width = state.shape[-2:]
        top, left = (self.frames.shape[2] - height) // 2, (self.frames.shape[3] - width) // 2
        positions = self.plane.positions(top, left, height, width).to(state)
        return [picture(self.look.photograph(state, positions, self.flash())[0]), *map_pictures(self.look, state)]


def map_pictures(look: RelightableAppearance, state: Tensor) -> list[np.ndarray]:
    """Base colour, metallic, roughness and normal of a state [1, C, H, W] as pictures."""
    raw = state[0, : look.observed]
    maps = look.scalar_maps((0.5 * raw + 0.5).clamp(0, 1), raw)
    colour = maps["base_color"].permute(2, 0, 1) ** (1 / GAMMA)
    normal = 0.5 * normals(maps["height"]) + 0.5
    return [picture(values) for values in (colour, maps["metallic"][None], maps["roughness"][None], normal)]


def _first_intensity(frames: Tensor, plane: Frame) -> float:
    """Logarithm of the intensity at which a mid grey, matte plane is as bright as the frames are on average."""
    positions = plane.positions(0, 0, *frames.shape[2:])
    fall_off = (1 + positions.square().sum(0)).pow(-1.5)  # cosine over squared distance, light at (0, 0, 1)
    mean = frames.pow(GAMMA).mean().item()
    return math.log(max(mean, 1e-4) * math.pi / (_MID_GREY * fall_off.mean().item()))
