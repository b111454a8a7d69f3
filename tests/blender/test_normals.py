"""Normals follow the coordinates that they are sampled with, in Eevee and in Cycles."""

import math
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from stage import TINY, new_material, patina, psnr, render_frame, set_stage, use_cycles, use_eevee

SIZE = 64
# Eevee before 4.5 lets a surface with bumped normals shadow itself, in dark speckles, whatever made the normals: even a
# plane that nothing stands on. There the light casts no shadows in what is compared; the last test sees that it is so.
SPECKLES = bpy.app.version < (4, 5)


def waves() -> np.ndarray:
    """Encoded normals [SIZE, SIZE, 3] of a relief without symmetry, rows from the top."""
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE * 2 * math.pi
    height = np.sin(2 * x + 0.5) * np.cos(3 * y) * 1.2 + np.sin(x + 2 * y)
    right = np.roll(height, -1, 1) - np.roll(height, 1, 1)
    up = np.roll(height, 1, 0) - np.roll(height, -1, 0)
    normal = np.stack([-1.5 * right, -1.5 * up, np.ones_like(height)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return (0.5 * normal + 0.5).astype(np.float32)


def uniform_maps() -> dict[str, np.ndarray]:
    flat = np.ones((SIZE, SIZE), np.float32)
    return {
        "base_color": np.full((SIZE, SIZE, 3), 0.8, np.float32),
        "metallic": 0 * flat,
        "roughness": 0.4 * flat,
        "normal": waves(),
        "height": 0 * flat,
    }


def our_material(target: bpy.types.Object, angle: float) -> bpy.types.Material:
    """Patina's group with the waves in it, its Vector turned by a Mapping."""
    material = new_material(target)
    bpy.ops.patina.add_to_material(model=TINY)
    group = patina("scene.materials").group_node(material)
    patina("scene.images").write_maps(patina("scene.node_group").group_images(group.node_tree), uniform_maps())
    material.patina.model_stored = ""  # playback shall leave the waves alone
    tree = material.node_tree
    mapping = tree.nodes.new("ShaderNodeMapping")
    mapping.inputs["Rotation"].default_value = (0, 0, angle)
    tree.links.new(group.inputs["Vector"].links[0].from_socket, mapping.inputs["Vector"])
    tree.links.new(mapping.outputs[0], group.inputs["Vector"])
    return material


def reference_material(target: bpy.types.Object, source: bpy.types.Material) -> None:
    """The same image through Blender's own Normal Map node, on the UV map as it is."""
    group = next(node for node in source.node_tree.nodes if node.bl_idname == "ShaderNodeGroup")
    image = patina("scene.node_group").group_images(group.node_tree)["normal"]
    tree = new_material(target).node_tree
    principled = tree.nodes["Principled BSDF"]
    principled.inputs["Base Color"].default_value = (0.8, 0.8, 0.8, 1.0)
    principled.inputs["Roughness"].default_value = 0.4
    texture, normal, coordinates, scale = (
        tree.nodes.new(f"ShaderNode{kind}") for kind in ("TexImage", "NormalMap", "TexCoord", "VectorMath")
    )
    texture.image = image
    scale.operation = "SCALE"
    scale.inputs["Scale"].default_value = source.node_tree.nodes["Patina"].inputs["Scale"].default_value
    tree.links.new(coordinates.outputs["UV"], scale.inputs[0])
    tree.links.new(scale.outputs[0], texture.inputs[0])
    tree.links.new(texture.outputs["Color"], normal.inputs["Color"])
    tree.links.new(normal.outputs[0], principled.inputs["Normal"])


def turned_coordinates(target: bpy.types.Object) -> None:
    """The UV map itself, turned as the Mapping of 90 degrees turns it."""
    for loop in target.data.uv_layers.active.data:
        u, v = loop.uv
        loop.uv = (-v, u)


@pytest.mark.parametrize("use_engine", [use_eevee, use_cycles])
@pytest.mark.parametrize(("shape", "behind"), [("plane", False), ("plane", True), ("sphere", False)])
@pytest.mark.parametrize("degrees", [0, 90])
def test_normals_equal_the_normal_map_node_however_the_vector_is_turned(
    tmp_path: Path, shape: str, behind: bool, degrees: int, use_engine: Callable[[], None]
) -> None:
    target = set_stage(shape)
    use_engine()
    bpy.data.lights["sun"].use_shadow = not (SPECKLES and use_engine is use_eevee)
    if behind:
        target.rotation_euler.y = math.pi
    material = our_material(target, math.radians(degrees))
    ours = render_frame(tmp_path, 1)
    if degrees:
        turned_coordinates(target)
    reference_material(target, material)
    reference = render_frame(tmp_path, 1)
    assert reference.std() > 0.05
    assert psnr(ours, reference) > 40


@pytest.mark.parametrize("shape", ["plane", "sphere"])
def test_eevee_shadows_cost_ours_no_more_than_the_normal_map_node(tmp_path: Path, shape: str) -> None:
    """Nothing stands on either shape: what a shadow changes is an error of Eevee's own."""
    target = set_stage(shape)

    def cost() -> tuple[float, np.ndarray]:
        pictures = []
        for shadow in (True, False):
            bpy.data.lights["sun"].use_shadow = shadow
            pictures.append(render_frame(tmp_path, 1))
        shaded, plain = pictures
        return psnr(shaded, plain), np.max(plain - shaded, axis=-1) > 0.1

    material = our_material(target, math.radians(90))
    ours, our_speckles = cost()
    turned_coordinates(target)
    reference_material(target, material)
    reference, speckles = cost()
    assert ours > reference - 0.5
    assert our_speckles.mean() < speckles.mean() + 0.01
    # Where this fails in a Blender before 4.5, it has been mended there: compare with shadows again.
    assert (speckles.mean() > 0.02) == SPECKLES
