"""What the panel says, drawn into a layout that writes down what it is given."""

from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from stage import age_stage, new_material, patina, render_frame, set_stage


class Layout:
    """Stands in for bpy's layout: knows the texts, properties and operators it was given, and refuses unknown ones."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.properties: list[tuple[object, str]] = []
        self.operators: list[str] = []

    def _same(self, **_: object) -> "Layout":
        return self

    row = column = split = box = _same

    def panel(self, idname: str, default_closed: bool = False) -> tuple["Layout", "Layout"]:
        return self, self

    def label(self, text: str, icon: str = "NONE") -> None:
        assert icon in bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items
        self.texts.append(text)

    def prop(self, data: bpy.types.bpy_struct, name: str, **_: object) -> None:
        assert name in data.bl_rna.properties
        self.properties.append((data, name))

    def operator(self, name: str, icon: str = "NONE", **_: object) -> SimpleNamespace:
        assert icon in bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items
        module, function = name.split(".")
        assert function in dir(getattr(bpy.ops, module))
        self.operators.append(name)
        return SimpleNamespace()  # takes the operator's properties

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def draw() -> Layout:
    layout = Layout()
    patina("panels.material").MaterialPanel.draw(SimpleNamespace(layout=layout), bpy.context)
    return layout


def test_a_plain_material_is_offered_patina() -> None:
    new_material(set_stage())
    assert draw().operators == ["patina.add_to_material"] * 2  # replacing what is there, or over it


def test_an_ageing_material_shows_its_settings_and_the_age_socket_itself() -> None:
    material = age_stage()
    layout = draw()
    node = patina("scene.materials").group_node(material)
    assert (node.inputs["Age"], "default_value") in layout.properties
    assert {name for _, name in layout.properties} >= {"model", "seed", "resolution", "scale"}
    assert "patina.bake_sequence" in layout.operators
    assert "Estimated from the footage's colour: metallic, roughness, normal, height" in layout.text


def test_sentences_fit_a_narrow_region() -> None:
    age_stage()
    layout = Layout()
    narrow = SimpleNamespace(region=SimpleNamespace(width=220), preferences=bpy.context.preferences)
    patina("panels.text").sentence(layout, narrow, "The engine starts when it is needed", "INFO")
    assert layout.text == "The engine starts when it is needed"
    assert max(map(len, layout.texts)) <= 27


def test_a_refused_value_and_a_linked_age_are_explained() -> None:
    material = age_stage()
    material.patina.resolution = 65
    value = material.node_tree.nodes.new("ShaderNodeValue")
    material.node_tree.links.new(value.outputs[0], patina("scene.materials").group_node(material).inputs["Age"])
    text = draw().text
    assert "65 is refused" in text
    assert "Age is linked" in text


def test_the_lock_of_the_interface_is_offered_until_it_is_set() -> None:
    age_stage()
    assert "patina.lock_interface" in draw().operators
    bpy.ops.patina.lock_interface()
    assert bpy.context.scene.render.use_lock_interface
    assert "patina.lock_interface" not in draw().operators


def test_without_an_engine_the_panel_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    age_stage()
    monkeypatch.setenv("PATINA_PYTHON", "/no/such/python")
    assert "choose another one in the preferences" in draw().text
    assert "preferences.addon_show" in draw().operators
    render_frame(tmp_path, 3)
    text = draw().text
    assert "Magenta frames: 1, the last: Steel, frame 3" in text
    assert text.count("choose another one in the preferences") == 1


def test_an_engine_put_right_in_the_preferences_is_asked_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    age_stage()
    monkeypatch.setenv("PATINA_PYTHON", "/no/such/python")
    render_frame(tmp_path, 3)
    monkeypatch.undo()
    patina("scene.engine.process").preferences().python = ""
    assert "Magenta" not in draw().text
    assert "preferences.addon_show" not in draw().operators


def test_grey_buttons_say_why() -> None:
    new_material(set_stage())
    with pytest.raises(RuntimeError, match="add Patina to it first"):
        bpy.ops.patina.bake_sequence(directory="/tmp", frame_start=1, frame_end=2)
    with pytest.raises(RuntimeError, match="add Patina to it first"):
        bpy.ops.patina.remove_from_material()
