"""The engine's private environment: where it lies, how it is made, and whether a Python can be the engine."""
