"""Things that stand on a table and age: a kettle, an urn, a gear, a lantern, a bowl. Each stands on the origin."""

from __future__ import annotations

import math

import bpy
from mathutils import Vector

from .shapes import Shape, curve


def kettle() -> bpy.types.Mesh:
    """A round kettle, 0.26 m high, with a spout, a lid with its knob, and a bail."""
    shape = Shape("Kettle", 2.6)
    body = [(0.004, 0.0), (0.088, 0.0), (0.088, 0.0), (0.096, 0.006), (0.126, 0.05), (0.131, 0.085), (0.112, 0.13)]
    body += [(0.07, 0.157), (0.062, 0.16), (0.062, 0.16), (0.064, 0.166), (0.064, 0.166), (0.058, 0.169)]
    body += [(0.036, 0.178), (0.014, 0.183), (0.009, 0.188), (0.009, 0.194), (0.017, 0.2), (0.019, 0.208)]
    shape.turn(curve([*body, (0.012, 0.216), (0.002, 0.218)]))
    spout = curve([(0.09, 0.066), (0.15, 0.078), (0.178, 0.122), (0.204, 0.166), (0.23, 0.172)], 8)
    radii = [0.034 - 0.022 * min(1.0, 1.15 * k / (len(spout) - 1)) for k in range(len(spout))]
    shape.tube([Vector((x, 0, z)) for x, z in spout], radii)
    bail = [(0.096 * math.cos(a), 0.15 + 0.125 * math.sin(a)) for a in (math.pi * k / 32 for k in range(33))]
    shape.tube([Vector((x, 0, z)) for x, z in bail], [0.0062] * len(bail))
    grip = [
        (0.097 * math.cos(a), 0.15 + 0.126 * math.sin(a)) for a in (math.radians(62 + 56 * k / 14) for k in range(15))
    ]
    swell = [0.0075 + 0.006 * math.sin(math.pi * k / 14) ** 0.5 for k in range(15)]
    shape.tube([Vector((x, 0, z)) for x, z in grip], swell)
    return shape.done()


def urn() -> bpy.types.Mesh:
    """A turned urn with foot, beads and a flaring lip, 0.42 m high."""
    foot = [(0.004, 0.0), (0.092, 0.0), (0.092, 0.0), (0.094, 0.012), (0.094, 0.012), (0.084, 0.018), (0.086, 0.026)]
    foot += [(0.072, 0.036), (0.036, 0.056), (0.026, 0.082), (0.03, 0.096), (0.038, 0.102), (0.038, 0.108)]
    body = [(0.03, 0.114), (0.03, 0.114), (0.06, 0.132), (0.104, 0.186), (0.121, 0.24), (0.114, 0.287)]
    body += [(0.098, 0.307), (0.098, 0.307), (0.1, 0.315), (0.092, 0.321), (0.07, 0.345), (0.064, 0.366)]
    lip = [(0.078, 0.397), (0.096, 0.41), (0.1, 0.416), (0.095, 0.42), (0.084, 0.412), (0.06, 0.38), (0.05, 0.34)]
    shape = Shape("Urn", 2.6).turn(curve([*foot, *body, *lip, (0.06, 0.3)]))
    for side in (-1, 1):
        ear = [(0.064, 0.352), (0.1, 0.378), (0.146, 0.36), (0.15, 0.312), (0.13, 0.276), (0.112, 0.262)]
        line = curve(ear, 8)
        radii = [0.0072 + 0.002 * math.cos(2 * math.pi * k / (len(line) - 1)) for k in range(len(line))]
        shape.tube([Vector((side * x, 0, z)) for x, z in line], radii)
    return shape.done()


def gear() -> bpy.types.Mesh:
    """A spur gear of 18 teeth with five round holes and a hub, 0.24 m across, lying flat."""
    teeth, root, tip, thickness = 18, 0.1, 0.122, 0.036
    pitch = 2 * math.pi / teeth
    outline = []
    for k in range(teeth):
        for share, radius in (
            (0.0, root),
            (0.27, root),
            (0.37, tip - 0.006),
            (0.43, tip),
            (0.71, tip),
            (0.77, tip - 0.006),
            (0.87, root),
        ):
            angle = (k + share) * pitch
            outline.append((radius * math.cos(angle), radius * math.sin(angle)))

    def circle(x: float, y: float, radius: float, corners: int) -> list[tuple[float, float]]:
        turns = [2 * math.pi * k / corners for k in range(corners)]
        return [(x + radius * math.cos(a), y - radius * math.sin(a)) for a in turns]

    holes = [circle(0, 0, 0.022, 32)]
    for k in range(5):
        angle = 2 * math.pi * k / 5
        holes.append(circle(0.064 * math.cos(angle), 0.064 * math.sin(angle), 0.02, 32))
    shape = Shape("Gear", 3.4).plate(outline, holes, thickness).bevel(0.0022)
    hub = [(0.022, -0.006), (0.034, -0.006), (0.037, -0.003), (0.037, thickness + 0.003), (0.034, thickness + 0.006)]
    return shape.turn([*hub, (0.024, thickness + 0.006), (0.022, thickness + 0.003)]).done()


def lantern() -> bpy.types.Mesh:
    """A storm lantern without its glass, 0.36 m high: tank, burner, tubes, chimney, bail."""
    tank = [(0.004, 0.0), (0.088, 0.0), (0.088, 0.0), (0.093, 0.006), (0.093, 0.01), (0.086, 0.014), (0.086, 0.014)]
    tank += [(0.086, 0.05), (0.086, 0.05), (0.08, 0.06), (0.05, 0.068), (0.036, 0.07), (0.036, 0.07), (0.036, 0.09)]
    tank += [(0.036, 0.09), (0.046, 0.094), (0.05, 0.1), (0.046, 0.106), (0.02, 0.112), (0.004, 0.114)]
    shape = Shape("Lantern", 2.8).turn(curve(tank))
    top = [(0.04, 0.236), (0.056, 0.238), (0.058, 0.244), (0.054, 0.25), (0.05, 0.262), (0.05, 0.262), (0.034, 0.27)]
    top += [(0.032, 0.284), (0.032, 0.284), (0.05, 0.287), (0.05, 0.29), (0.046, 0.3), (0.02, 0.314), (0.004, 0.317)]
    shape.turn(curve(top))
    globe = [(0.04, 0.106), (0.052, 0.124), (0.061, 0.155), (0.059, 0.185), (0.05, 0.214), (0.042, 0.238)]
    shape.turn(curve(globe))
    for side in (-1, 1):
        arm = [(0.07, 0.058), (0.1, 0.075), (0.107, 0.12), (0.106, 0.21), (0.098, 0.258), (0.06, 0.276), (0.03, 0.277)]
        line = curve(arm, 8)
        shape.tube([Vector((side * x, 0, z)) for x, z in line], [0.0085] * len(line))
    for height, reach in ((0.128, 0.06), (0.208, 0.056)):
        ring = [
            Vector((reach * math.cos(a), reach * math.sin(a), height)) for a in (math.tau * k / 48 for k in range(49))
        ]
        shape.tube(ring, [0.0028] * len(ring))
    bail = [(0.109 * math.cos(a), 0.215 + 0.165 * math.sin(a)) for a in (math.pi * k / 40 for k in range(41))]
    shape.tube([Vector((x, 0.012, z)) for x, z in bail], [0.0032] * len(bail))
    return shape.done()


def bowl() -> bpy.types.Mesh:
    """A turned bowl on a foot, 0.21 m across."""
    outside = [(0.004, 0.0), (0.046, 0.0), (0.046, 0.0), (0.049, 0.006), (0.045, 0.014), (0.066, 0.024), (0.092, 0.048)]
    lip = [(0.103, 0.078), (0.105, 0.084), (0.102, 0.086), (0.098, 0.082)]
    inside = [(0.084, 0.05), (0.058, 0.03), (0.028, 0.022), (0.002, 0.021)]
    return Shape("Bowl", 2.6).turn(curve([*outside, *lip, *inside])).done()
