"""What a state is compared with, for photographs and for texture sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from patina.engine.appearance import PrincipledAppearance
from patina.engine.errors import InvalidRequestError
from patina.engine.maps.color import linear_to_srgb
from patina.engine.rendering.flash import Frame, Light
from patina.engine.training.exemplar import Exemplar
from patina.engine.training.flash import FORMS, FlashObjective
from patina.engine.training.maps import MapsObjective
from patina.engine.training.patch_loss import PatchLoss
from torch import Tensor

LOSS = PatchLoss(projections=16, scales=1)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def surface(roughness: float, extent: int = 32, grain: float = 0.02, seed: int = 0) -> Tensor:
    """A state [1, 6, H, W] in Principled's form: fine-grained, half metallic."""
    noise = torch.randn((1, 1, extent, extent), generator=generator(seed))
    maps = torch.cat([torch.full_like(noise, value) for value in (0.6, 0.5, 0.4, 0.5, roughness)], dim=1)
    return torch.cat((2 * (maps + grain * noise) - 1, 0.3 * noise), dim=1)


def photographed(states: list[Tensor], light: Light) -> Exemplar:
    """The states as the flash shows them."""
    extent = states[0].shape[-1]
    positions = Frame(extent, extent).positions(0, 0, extent, extent)
    look = PrincipledAppearance(1.0)
    frames = [look.photograph(state, positions, light)[0].permute(1, 2, 0).mul(255).round() for state in states]
    return Exemplar("plate", torch.stack(frames).to(torch.uint8).numpy(), np.linspace(0, 1, len(states)))


def with_light(objective: FlashObjective, light: Light) -> FlashObjective:
    objective.requires_grad_(False)
    with torch.no_grad():
        objective.log_intensity.copy_(torch.tensor(light.intensity).log())
        objective.place.copy_(torch.tensor([light.x, light.y]))
    return objective


def test_the_photographed_surface_is_nearest_to_its_own_photograph() -> None:
    light = Light(2.5, 0.1, -0.05)
    dull, glossy = surface(0.8), surface(0.3)
    objective = with_light(FlashObjective(photographed([dull, glossy], light), loss=LOSS), light)
    distances = {
        (name, age): float(objective.distance(state, age, generator()))
        for name, state in (("dull", dull), ("glossy", glossy))
        for age in (0.0, 1.0)
    }
    assert distances["dull", 0.0] < 0.05 and distances["glossy", 1.0] < 0.05
    assert distances["glossy", 0.0] > 0.5 and distances["dull", 1.0] > 0.5
    assert float(objective.initial_distance(surface(0.8, grain=0), 0.0, generator())) < 0.01


def test_a_smaller_state_is_tried_at_places_all_over_the_photograph() -> None:
    objective = FlashObjective(photographed([surface(0.8), surface(0.3)], Light(2.5)), loss=LOSS)
    corners = set()
    state, random = surface(0.8, extent=16), generator()
    whole = objective.plane.positions(0, 0, 32, 32)
    for _ in range(60):
        positions, [(cropped, share)] = objective._at_random_place(state, [(objective.frames[:1], 1.0)], random)
        corner = tuple(positions[:, 0, 0].tolist())
        row, column = (torch.tensor(corner)[:, None, None] == whole).all(0).nonzero()[0].tolist()
        assert torch.equal(cropped, objective.frames[:1, :, row : row + 16, column : column + 16]) and share == 1
        corners.add((row, column))
    assert max(row for row, _ in corners) == 16 and min(column for _, column in corners) == 0


def test_initialisation_settles_colour_and_light_but_no_relief() -> None:
    objective = FlashObjective(photographed([surface(0.8), surface(0.3)], Light(2.5)), loss=LOSS)
    state = surface(0.5).requires_grad_()
    objective.initial_distance(state, 0.5, generator()).backward()
    assert state.grad is not None and (state.grad[0, :5].abs().amax((1, 2)) > 0).all()
    assert state.grad[0, 5].abs().max() == 0
    assert objective.log_intensity.grad is not None and objective.log_intensity.grad.abs() > 0


def test_the_first_guess_at_the_light_makes_a_grey_plane_as_bright_as_the_footage() -> None:
    exemplar = photographed([surface(0.9), surface(0.9)], Light(2.5))
    objective = FlashObjective(exemplar)
    grey = float(linear_to_srgb(torch.tensor(0.2)))
    matte = torch.tensor([2 * grey - 1] * 3 + [-1.0, 1.0, 0.0])[None, :, None, None].expand(1, -1, 32, 32)
    picture = FORMS["principled"].photograph(matte, objective.plane.positions(0, 0, 32, 32), objective.flash())
    assert float(picture.detach().pow(2.2).mean()) == pytest.approx(float(objective.frames.pow(2.2).mean()), rel=0.25)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_can_be_learned(form: str) -> None:
    objective = FlashObjective(photographed([surface(0.8), surface(0.3)], Light(2.5)), form=form, loss=LOSS)
    state = (0.1 * torch.randn((1, objective.observed + 2, 16, 16), generator=generator())).requires_grad_()
    objective.distance(state, 0.3, generator()).backward()
    assert state.grad is not None and (state.grad[0, : objective.observed].abs().amax((1, 2)) > 0).all()
    assert state.grad[0, objective.observed :].abs().max() == 0
    assert objective.appearance()["form"] == form and set(objective.light()) == {"intensity", "x", "y"}


@pytest.mark.parametrize("distance", [FlashObjective.distance, FlashObjective.initial_distance])
def test_what_is_known_of_the_metallic_draws_the_state_to_it(distance: Callable) -> None:
    exemplar = photographed([surface(0.8), surface(0.3)], Light(2.5))  # half metallic
    known = FlashObjective(exemplar, metallic=(1.0, 0.0), loss=LOSS)
    unknown = FlashObjective(exemplar, loss=LOSS)
    for age, wanted in ((0.0, 1.0), (0.25, 0.75), (1.0, 0.0)):
        state = surface(0.5)
        more = distance(known, state, age, generator()) - distance(unknown, state, age, generator())
        square = (0.5 * state[:, 3] + 0.5 - wanted).square().mean()
        assert float(more) == pytest.approx(20 * float(square), abs=1e-4)
    assert known.start[3] == 1.0 and unknown.start[3] == pytest.approx(-0.6)
    assert known.settings()["metallic"] == [1.0, 0.0] and "metallic" not in unknown.settings()


def test_a_form_without_metallic_cannot_be_told_it() -> None:
    exemplar = photographed([surface(0.8), surface(0.3)], Light(2.5))
    with pytest.raises(InvalidRequestError, match="knows no metal"):
        FlashObjective(exemplar, form="diffuse_specular", metallic=(0.0, 0.0))


def texture_sets(extent: int = 32) -> Exemplar:
    """Two ages of [H, W, 6] maps: clean, then rust that is brown, rough and raised at the same places."""
    clean = np.zeros((extent, extent, 6), np.float32) + np.array([0.7, 0.7, 0.7, 1.0, 0.3, -0.5], np.float32)
    rusty = clean.copy()
    rusty[8:20, 8:20] = (0.4, 0.2, 0.1, 0.0, 0.9, 2.0)
    return Exemplar("sets", np.stack((clean, rusty)), np.array([0.0, 1.0]))


def state_of(objective: MapsObjective, maps: np.ndarray) -> Tensor:
    values = torch.from_numpy(maps).permute(2, 0, 1)[None].clone()
    values[:, 5] = values[:, 5] / objective.relief + 0.5
    return 2 * values - 1


def test_maps_come_back_from_a_state_as_they_were() -> None:
    exemplar = texture_sets()
    objective = MapsObjective(exemplar, loss=LOSS)
    maps = objective.look.maps(state_of(objective, exemplar.frames[1])[0])
    assert maps["height"] * 256 == pytest.approx(exemplar.frames[1, ..., 5], abs=1e-4)
    assert maps["roughness"] == pytest.approx(exemplar.frames[1, ..., 4], abs=1e-6)
    assert objective.appearance() == {"form": "principled", "relief": [objective.relief / 2]}
    for ours, theirs in zip(
        objective.synthesis_pictures(state_of(objective, exemplar.frames[1])),
        objective.exemplar_pictures(1.0),
        strict=True,
    ):
        assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_rust_has_to_be_brown_rough_and_raised_in_the_same_place() -> None:
    """Each map alone may be right: moved apart, they are seen to be wrong."""
    exemplar = texture_sets()
    together = exemplar.frames[1]
    bordered = np.pad(
        exemplar.frames, ((0, 0), (3, 3), (3, 3), (0, 0)), mode="wrap"
    )  # all patches of a repeating texture
    objective = MapsObjective(replace(exemplar, frames=bordered), loss=PatchLoss(projections=64, scales=1))
    apart = together.copy()
    apart[..., 5] = np.roll(apart[..., 5], 14, axis=(0, 1))
    near, far = (float(objective.distance(state_of(objective, maps), 1.0, generator())) for maps in (together, apart))
    assert near < 0.1 * far


def test_a_map_that_never_varies_does_not_drown_the_others() -> None:
    exemplar = texture_sets()
    exemplar.frames[..., 3] = 0.0
    objective = MapsObjective(exemplar, loss=LOSS)
    assert torch.isfinite(objective.frames).all() and float(objective.spread.min()) >= 0.0299


def test_what_no_eye_sees_in_a_map_that_is_even_at_one_age_is_no_difference() -> None:
    """A fresh surface that is all metal, and 1 of 1,000 less, is as it should be; one too rough by a fifth is not."""
    exemplar = texture_sets(extent=64)
    exemplar.frames[1, ..., 3] = 1.0
    exemplar.frames[1, :6, :6, 3] = 0.0
    grain = np.random.Generator(np.random.PCG64(0)).normal(0.0, 0.02, (64, 64)).astype(np.float32)
    exemplar.frames[..., 4] += grain
    objective = MapsObjective(exemplar)
    fresh = exemplar.frames[0]
    duller, rougher = fresh.copy(), fresh.copy()
    duller[..., 3] -= 0.001
    rougher[..., 4] += 0.2 * grain
    same, dull, rough = (
        float(objective.distance(state_of(objective, maps), 0.0, generator())) for maps in (fresh, duller, rougher)
    )
    assert dull - same < 0.8 * (rough - same)
