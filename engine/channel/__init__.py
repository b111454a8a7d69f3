"""Between Blender's process and the engine's: the parent's side, the child's side, and what they say."""
