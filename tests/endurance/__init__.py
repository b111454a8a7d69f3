"""What breaks things, done many times over to what an artist runs: see docs/reliability.md.

`python -m tests.endurance --help` for the long runs; short forms of them are tests in tests/blender and tests/engine.
"""
