"""What a material's group plays: the images of Live playback, an atlas or a sequence. Its interface never changes."""

from __future__ import annotations

import bpy

from .atlas.nodes import atlas_outputs
from .baking.sequence_nodes import sequence_outputs
from .errors import MaterialError
from .images import fill
from .materials import group_node
from .node_group import group_images, live_outputs, play
from .repeats import repeats_shown
from .variation import follow_course

PLAYBACKS = (
    ("LIVE", "Live", "The engine evaluates the material at every frame", 0),
    ("ATLAS", "Atlas", "Kept ages are blended at every point: Age may differ from point to point, without Patina", 1),
    ("SEQUENCE", "Sequence", "The baked pictures of each frame are shown, without Patina", 2),
)
_OUTPUTS = {"LIVE": live_outputs, "ATLAS": atlas_outputs, "SEQUENCE": sequence_outputs}


def prefer_atlas(material: bpy.types.Material) -> None:
    """Play the atlas that a material has kept, for Age that differs from point to point."""
    node = group_node(material)
    if node is not None and material.patina.playback != "ATLAS" and atlas_outputs(node.node_tree):
        switch_playback(material, "ATLAS")


def switch_playback(material: bpy.types.Material, playback: str) -> None:
    """Let a material's group play one of PLAYBACKS. Raises MaterialError and changes nothing where it is not baked."""
    node = group_node(material)
    if node is None:
        return
    with repeats_shown(node.node_tree):
        outputs = _OUTPUTS[playback](node.node_tree)
        if not outputs:
            label = next(label for name, label, *_ in PLAYBACKS if name == playback)
            raise MaterialError(f"The material {material.name!r} has no {label.lower()} yet", "bake one first")
        play(node.node_tree, outputs)
        follow_course(node.node_tree)
    # Blank: an atlas needs no memory for them, and Live playback asks for what they should show.
    fill(group_images(node.node_tree), 8, missing=False)
    material.patina.playback_stored = playback
    material.node_tree.update_tag()
