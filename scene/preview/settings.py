"""Render settings of a preview scene: on the plane, a pixel is a place of the texture and nothing is blurred."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy

from ..versions import eevee_name, set_view
from ..working_space import is_rec709
from .subject import PLANE

EEVEE, CYCLES = "EEVEE", "CYCLES"
_GAMMA = 2.2  # of the photographs that models learn from: clipped linear light to the power of 1 / 2.2
_SAMPLES = 16  # for smooth edges; the plane has none, and its light leaves nothing to chance


def set_rendering(scene: bpy.types.Scene, kind: str, engine: str, size: int) -> None:
    """Square pictures of `size` pixels as 8-bit PNG, shown as the model's own photographs are."""
    flat = kind == PLANE
    render = scene.render
    render.engine = eevee_name() if engine == EEVEE else "CYCLES"
    render.resolution_x = render.resolution_y = size
    render.resolution_percentage = 100
    render.use_file_extension = False  # files are written beside and renamed
    render.use_motion_blur = render.use_compositing = render.use_sequencer = False
    render.filter_size = 0.0 if flat else 1.5
    render.image_settings.file_format = "PNG"
    render.image_settings.color_mode, render.image_settings.color_depth = "RGB", "8"
    render.dither_intensity = 0.0
    if is_rec709():
        set_view(scene, "Raw", _GAMMA)
    else:  # scene-linear numbers are not the screen's then
        show_plainly(scene)
    _set_eevee(scene.eevee, flat)
    _set_cycles(scene, flat)


def show_plainly(scene: bpy.types.Scene) -> None:
    """Show a scene through the screen's own transfer function alone, in whichever way the configuration has it."""
    set_view(scene, "Standard", 1.0)
    set_view(scene, "Un-tone-mapped", 1.0)


def _set_eevee(eevee: bpy.types.SceneEEVEE, flat: bool) -> None:
    eevee.taa_render_samples = 1 if flat else _SAMPLES
    for name, value in (("use_raytracing", False), ("light_threshold", 1e-6), ("use_shadow_jitter_viewport", False)):
        if hasattr(eevee, name):
            setattr(eevee, name, value)


def _set_cycles(scene: bpy.types.Scene, flat: bool) -> None:
    cycles = getattr(scene, "cycles", None)
    if cycles is None:  # its add-on is switched off
        return
    cycles.samples = 1 if flat else 4 * _SAMPLES
    cycles.use_adaptive_sampling = cycles.use_denoising = False
    cycles.max_bounces = 0 if flat else 2
    cycles.sample_clamp_direct = cycles.sample_clamp_indirect = 0.0
    if flat:
        cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", 0.01


@contextmanager
def exact_textures() -> Iterator[None]:
    """Eevee without anisotropic filtering: software renderers blur by it even where a pixel is a texel (by 2 x 2)."""
    preferences = bpy.context.preferences
    before, dirty = preferences.system.anisotropic_filter, preferences.is_dirty
    preferences.system.anisotropic_filter = "FILTER_0"
    try:
        yield
    finally:
        preferences.system.anisotropic_filter = before
        preferences.is_dirty = dirty
