"""The project's own exemplars: procedural materials whose maps are known, photographed in headless Blender."""
