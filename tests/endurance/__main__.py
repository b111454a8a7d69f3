"""The long runs: python -m tests.endurance kills --count 200"""

from __future__ import annotations

import argparse
import subprocess
import sys

from .blender import ROOT, blender

RUNS = {
    "kills": "the engine killed in playback, render and bake",
    "writers": "a bake and a training killed, and gone on with",
    "jumps": "random jumps of the playhead, edits and undo",
    "large": "a bake at --extent 4096",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.endurance", description="Break things, many times over")
    parser.add_argument("run", choices=RUNS, help="; ".join(f"{name}: {text}" for name, text in RUNS.items()))
    parser.add_argument("--count", type=int, default=200, help="how often")
    parser.add_argument("--minutes", type=float, default=1e6, help="or for how long")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", default="clay_drying", help="a shipped model, or a file")
    parser.add_argument("--extent", type=int, default=256)
    parser.add_argument("--longest", type=float, default=20.0, help="seconds that an engine lives at most")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside:
        # In a process of its own: one that crashes is told from one that has found something wrong.
        status = subprocess.run(
            [sys.executable, "-m", "tests.endurance", *sys.argv[1:], "--inside"], cwd=ROOT
        ).returncode
        if status not in (0, 1):
            print(f"Blender's process ended with {status}", file=sys.stderr)
        return status
    with blender() as folder:
        module = __import__(f"tests.endurance.{options.run}", fromlist=["main"])
        problems = module.main(options, folder)
    print(f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
