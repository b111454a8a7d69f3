"""Tests one zip in every Blender that has an environment here, and prints how each fared as a table.

.venv/bin/python -m scripts.versions [SERIES ...] [-- PYTEST ARGUMENTS]

SERIES are 4.2, 4.5, 5.0, 5.2; all that `make versions` has set up where none is named. Exit 1 where a test failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from scripts.build_extension import ROOT, build

ENGINE = ROOT / ".venv" / "bin" / "python"
PYTHONS = {"4.5": ENGINE} | {series: ROOT / f".venv-{series}" / "bin" / "python" for series in ("4.2", "5.0", "5.2")}
_SAY = "import bpy, sys; print(bpy.app.version_string.split()[0], '.'.join(map(str, sys.version_info[:3])))"


@dataclass(frozen=True)
class Outcome:
    """How the tests of Blender's side went in one Blender. seconds: wall clock."""

    blender: str
    python: str
    passed: int
    skipped: int
    failed: list[str]
    seconds: float

    def row(self) -> str:
        minutes = f"{self.seconds / 60:.0f} min"
        return f"| {self.blender} | {self.python} | {self.passed} | {self.skipped} | {len(self.failed)} | {minutes} |"


def try_in(python: Path, extension: Path, arguments: list[str]) -> Outcome:
    """Run tests/blender in the Blender of `python`, on the zip `extension`."""
    said = subprocess.run([python, "-c", _SAY], check=True, capture_output=True, text=True).stdout.split()
    environment = os.environ | {"PATINA_ZIP": str(extension), "PATINA_PYTHON": str(ENGINE)}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [str(python), "-m", "pytest", "-q", "tests/blender", f"--junitxml={report}", *arguments]
        begun = time.monotonic()
        process = subprocess.run(command, cwd=ROOT, env=environment)
        seconds = time.monotonic() - begun
        if not report.is_file():  # Blender crashed, and its tests with it
            return Outcome(said[-2], said[-1], 0, 0, [f"the process ended with {process.returncode}"], seconds)
        cases = list(ElementTree.parse(report).iter("testcase"))
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    names = [f"{case.get('classname')}::{case.get('name')}" for case in failed]
    skipped = sum(case.find("skipped") is not None for case in cases)
    return Outcome(said[-2], said[-1], len(cases) - skipped - len(failed), skipped, names, seconds)


def main(arguments: list[str]) -> int:
    """Print the table; 1 where any test failed, 2 where a Blender has no environment."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    chosen = arguments[:cut] or sorted(series for series, python in PYTHONS.items() if python.is_file())
    absent = [series for series in chosen if not PYTHONS.get(series, Path()).is_file()]
    if absent:
        print(f"There is no environment for Blender {', '.join(absent)}: run `make versions`.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        extension = Path(folder) / "patina.zip"
        build(extension)
        outcomes = [try_in(PYTHONS[series], extension, arguments[cut + 1 :]) for series in chosen]
    print("\n| Blender | Python | passed | skipped | failed | took |\n|---|---|---|---|---|---|")
    print("\n".join(outcome.row() for outcome in outcomes))
    for outcome in outcomes:
        for name in outcome.failed:
            print(f"Blender {outcome.blender}: {name}")
    return int(any(outcome.failed for outcome in outcomes))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
