"""`material.patina`: what a .blend remembers of a material that ages. Age itself is a socket; here it is forwarded."""

# No postponed annotations here: Blender would evaluate them where this module's names are out of reach of the lambdas.
from collections.abc import Iterable

import bpy

from ..engine.errors import PatinaError
from . import library
from .age.keyed import keyed_age
from .maps import LARGEST, SMALLEST
from .materials import group_node
from .node_group import set_extent
from .playback_source import PLAYBACKS, switch_playback
from .repeats import are_repeats_hidden, hide_repeats, show_repeats
from .variation import is_reversed, set_reversed
from .variation_mapping import MAPPINGS, mapping_of, set_mapping

# Blender keeps no reference to the strings of a search callback.
_names: list[str] = []
_PLAYBACK_NAMES = [name for name, *_ in PLAYBACKS]  # an enum's value is its place here
_MAPPING_NAMES = [name for name, *_ in MAPPINGS]


def _search_models(self: bpy.types.PropertyGroup, context: bpy.types.Context, text: str) -> Iterable[str]:
    _names[:] = library.model_names()
    return _names


def _refresh(self: bpy.types.PropertyGroup, context: bpy.types.Context | None = None) -> None:
    if group_node(self.id_data) is not None:
        self.id_data.node_tree.update_tag()


def _get_input(self: bpy.types.PropertyGroup, name: str, otherwise: float) -> float:
    node = group_node(self.id_data)
    return _input(node, name).default_value if node is not None else otherwise


def _input(node: bpy.types.Node, name: str) -> bpy.types.NodeSocket:
    return keyed_age(node) if name == "Age" else node.inputs[name]


def _set_input(self: bpy.types.PropertyGroup, name: str, value: float) -> None:
    node = group_node(self.id_data)
    if node is not None:
        _input(node, name).default_value = value
        _refresh(self)


def _set_model(self: bpy.types.PropertyGroup, model: str) -> None:
    """Take a model that can be read; refuse any other with a sentence, and keep the old one."""
    self.notice = ""
    try:
        header = library.model_header(model)
    except PatinaError as error:
        self.notice = str(error)
        return
    self.model_stored, self.model_hash = model, header.sha256
    fitting = -(-self.resolution_stored // header.extent_multiple) * header.extent_multiple
    if fitting != self.resolution_stored:
        _set_resolution(self, fitting)
    _refresh(self)


def _set_resolution(self: bpy.types.PropertyGroup, extent: int) -> None:
    """Take an extent that the model can give; refuse any other with a sentence, and keep the old one."""
    self.notice = ""
    try:
        multiple = library.model_header(self.model_stored).extent_multiple if self.model_stored else 1
    except PatinaError as error:
        self.notice = str(error)
        return
    if not SMALLEST <= extent <= LARGEST or extent % multiple:
        self.notice = (
            f"A resolution of {extent} is refused: choose a multiple of {multiple} from {SMALLEST} to {LARGEST}."
        )
        return
    self.resolution_stored = extent
    node = group_node(self.id_data)
    if node is not None:
        set_extent(node.node_tree, extent)
        _refresh(self)


def _set_playback(self: bpy.types.PropertyGroup, number: int) -> None:
    """Play what has been baked; refuse what has not with a sentence, and keep what is played."""
    self.notice = ""
    try:
        switch_playback(self.id_data, _PLAYBACK_NAMES[number])
    except PatinaError as error:
        self.notice = str(error)


def _get_reverse(self: bpy.types.PropertyGroup) -> bool:
    node = group_node(self.id_data)
    return node is not None and is_reversed(node.node_tree)


def _set_reverse(self: bpy.types.PropertyGroup, backwards: bool) -> None:
    node = group_node(self.id_data)
    if node is not None:
        set_reversed(node.node_tree, backwards)
        _refresh(self)


def _get_hide_repeats(self: bpy.types.PropertyGroup) -> bool:
    node = group_node(self.id_data)
    return node is not None and are_repeats_hidden(node.node_tree)


def _set_hide_repeats(self: bpy.types.PropertyGroup, hide: bool) -> None:
    node = group_node(self.id_data)
    if node is not None:
        (hide_repeats if hide else show_repeats)(node.node_tree)
        _refresh(self)


def _get_mapping(self: bpy.types.PropertyGroup) -> int:
    return _MAPPING_NAMES.index(mapping_of(self.id_data) if group_node(self.id_data) is not None else "UV")


def _set_mapping(self: bpy.types.PropertyGroup, number: int) -> None:
    """Take coordinates of ours; that of the artist's own nodes cannot be chosen."""
    self.notice = ""
    try:
        if group_node(self.id_data) is not None:
            set_mapping(self.id_data, _MAPPING_NAMES[number])
    except PatinaError as error:
        self.notice = str(error)


class PatinaMaterial(bpy.types.PropertyGroup):
    """Settings of one ageing material."""

    model: bpy.props.StringProperty(
        name="Model",
        description="A shipped model by name, or the path of a model file",
        search=_search_models,
        search_options={"SUGGESTION"},
        get=lambda self: self.model_stored,
        set=_set_model,
    )
    age: bpy.props.FloatProperty(
        name="Age",
        description="How far the material has aged, forwarded to the node group's socket (animate that one)",
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options=set(),
        get=lambda self: _get_input(self, "Age", 0.0),
        set=lambda self, value: _set_input(self, "Age", value),
    )
    seed: bpy.props.IntProperty(
        name="Seed",
        description="Another seed is another piece of the same material",
        min=0,
        options=set(),
        update=_refresh,
    )
    resolution: bpy.props.IntProperty(
        name="Resolution",
        description="Width of the texture in texels: more texels are more material, not finer detail",
        soft_min=SMALLEST,
        soft_max=LARGEST,
        step=64,
        subtype="PIXEL",
        options=set(),
        get=lambda self: self.resolution_stored,
        set=_set_resolution,
    )
    scale: bpy.props.FloatProperty(
        name="Scale",
        description="How often 256 texels of the material repeat over the UV square",
        min=0.0,
        soft_max=32.0,
        max=1000.0,
        options=set(),
        get=lambda self: _get_input(self, "Scale", 1.0),
        set=lambda self, value: _set_input(self, "Scale", value),
    )
    reverse: bpy.props.BoolProperty(
        name="Reverse",
        description="Age backwards: aged at Age 0, fresh at Age 1",
        options=set(),
        get=_get_reverse,
        set=_set_reverse,
    )
    hide_repeats: bpy.props.BoolProperty(
        name="Hide Repeats",
        description="Blend two places of the texture in ragged bands, so that no rows of copies show: every map is "
        "looked up twice",
        options=set(),
        get=_get_hide_repeats,
        set=_set_hide_repeats,
    )
    mapping: bpy.props.EnumProperty(
        name="Mapping",
        description="Where the texture is sampled",
        items=MAPPINGS,
        options=set(),
        get=_get_mapping,
        set=_set_mapping,
    )
    playback: bpy.props.EnumProperty(
        name="Playback",
        description="What changes on a frame",
        items=PLAYBACKS,
        options=set(),
        get=lambda self: _PLAYBACK_NAMES.index(self.playback_stored),
        set=_set_playback,
    )
    # What the properties above stand on. The hash holds a shot to the model that it was made with.
    model_stored: bpy.props.StringProperty(options={"HIDDEN"})
    model_hash: bpy.props.StringProperty(
        name="Model Hash", description="SHA-256 of the model that the material was made with", options={"HIDDEN"}
    )
    playback_stored: bpy.props.StringProperty(default="LIVE", options={"HIDDEN"})
    resolution_stored: bpy.props.IntProperty(default=256, options={"HIDDEN"})
    notice: bpy.props.StringProperty(
        name="Notice", description="Why the last value was refused", options={"HIDDEN", "SKIP_SAVE"}
    )


def register() -> None:
    bpy.utils.register_class(PatinaMaterial)
    bpy.types.Material.patina = bpy.props.PointerProperty(type=PatinaMaterial, name="Patina")


def unregister() -> None:
    del bpy.types.Material.patina
    bpy.utils.unregister_class(PatinaMaterial)
