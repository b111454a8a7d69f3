"""Kills the engine of a Blender at random moments, from outside: python killer.py BLENDER LIVES SEED LONGEST.

Prints the process id of each engine that it has killed, and ends with its input. A moment is chosen evenly from the
LONGEST seconds after an engine has begun. Never two engines in a row before one has kept something new: Patina takes
three for a computer without memory, which is another test.
"""

import os
import random
import select
import signal
import sys
import time
from pathlib import Path

_MOST_IN_VAIN = 1


def engine_of(blender: int) -> int | None:
    """The process that serves this Blender, if there is one."""
    for children in Path(f"/proc/{blender}/task").glob("*/children"):
        for child in _read(children).split():
            words = _read(Path(f"/proc/{int(child)}/cmdline")).split(b"\0")
            if any(word.endswith(b"launch.py") for word in words) and b"--command" not in words:
                return int(child)
    return None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has just ended
        return b""


def kept(lives: Path) -> set[str]:
    return {path.name for path in lives.glob("life-*/[os]*")}


def main() -> None:
    blender, lives, longest = int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[4])
    chance = random.Random(sys.argv[3])
    killed, in_vain, before = None, 0, kept(lives)
    watched, moment, is_held = None, float("inf"), False
    while not select.select([sys.stdin], [], [], 0.02)[0]:
        engine = engine_of(blender)
        if engine is None or engine == killed:
            continue
        if engine != watched:
            watched, moment = engine, time.monotonic() + chance.uniform(0, longest)
            is_held = in_vain >= _MOST_IN_VAIN
        if is_held:
            if kept(lives) <= before:
                continue
            is_held, moment = False, time.monotonic() + chance.uniform(0.5, longest / 2)
        if time.monotonic() < moment:
            continue
        os.kill(engine, signal.SIGKILL)
        in_vain = in_vain + 1 if kept(lives) <= before else 0
        killed, before = engine, kept(lives)
        print(engine, flush=True)


if __name__ == "__main__":
    main()
