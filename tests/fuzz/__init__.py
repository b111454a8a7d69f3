"""Files as an enemy would make them, read in a process that is watched. `python -m tests.fuzz --help` for the long run.

A case is decided by its kind, the run's seed and its number alone, so what failed can be had again.
"""
