"""A run of many cases: makes hostile files, has them read in a watched process, and judges what was seen."""

from __future__ import annotations

import json
import random
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .models import hostile_model
from .pictures import honest_pictures, hostile_picture
from .weights import hostile_weights

ROOT = Path(__file__).resolve().parents[2]
MOST_SECONDS = 2.0  # of computing for one file
_PATIENCE = 20.0  # seconds after which a process counts as hanging
_ALLOWANCE = 16 << 20  # bytes beyond twice the honest file's: allocators take memory in lumps
# A mutated picture may rightly say that it is larger than the one it was made from, as far as its bytes can fill that.
_PICTURE_ALLOWANCE = 256 << 20
KINDS = ("model", "weights", "picture")


@dataclass(frozen=True)
class Case:
    """One hostile file, decided by these three alone."""

    kind: str
    seed: int
    number: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.seed}:{self.number}"


@dataclass
class Report:
    """What a run saw. failures: (case, what happened)."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[Case, str]] = field(default_factory=list)
    slowest: float = 0.0
    most_bytes: int = 0
    words: Counter[str] = field(default_factory=Counter)


def honest_files(folder: Path) -> dict[str, list[Path]]:
    """Write the honest files into `folder`; their paths by kind."""
    copied: dict[str, list[Path]] = {"model": [], "weights": []}
    models = (ROOT / "tests" / "data" / "tiny.safetensors", ROOT / "weights" / "rusting_steel.safetensors")
    for kind, paths in (("model", models), ("weights", sorted((ROOT / "tests" / "data" / "official").glob("*.eqx")))):
        copied[kind] = [Path(shutil.copy(path, folder)) for path in paths]
    return copied | {"picture": honest_pictures(folder)}


class Fuzz:
    """Reads cases one after the other; starts its process again when that has died."""

    def __init__(self, folder: Path, trace_every: int = 1):
        self._trace_every = trace_every
        self._scratch = folder / "scratch"
        self._files = folder / "files"
        self._scratch.mkdir()
        self._files.mkdir()
        (folder / "honest").mkdir()
        self.honest = honest_files(folder / "honest")
        self._contents = {path: path.read_bytes() for paths in self.honest.values() for path in paths}
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self._honest_bytes: dict[str, int] = {}

    def make(self, case: Case) -> tuple[Path, bytes]:
        """The honest file that a case mutates, and what it becomes."""
        chance = random.Random(str(case))
        path = chance.choice(self.honest[case.kind])
        content = self._contents[path]
        if case.kind == "model":
            return path, hostile_model(content, chance)
        if case.kind == "weights":
            return path, hostile_weights(content, chance)
        others = [self._contents[other] for other in self.honest["picture"]]
        return path, hostile_picture(content, others, chance)

    def try_case(self, case: Case, report: Report) -> None:
        """Read one hostile file and note what happened."""
        honest, content = self.make(case)
        path = self._files / f"hostile{honest.suffix}"
        path.write_bytes(content)
        try:
            answer = self._ask(path)
        except _Gone as gone:
            self.close()
            report.failures.append((case, str(gone)))
            return
        report.outcomes[f"{case.kind} {answer['outcome']}"] += 1
        report.slowest = max(report.slowest, answer["seconds"])
        report.most_bytes = max(report.most_bytes, answer["bytes"])
        report.words[f"{case.kind}: {' '.join(answer['words'].split()[-6:])}"] += 1
        for complaint in self._judge(case, honest, content, answer):
            report.failures.append((case, complaint))

    def _judge(self, case: Case, honest: Path, content: bytes, answer: dict) -> Iterable[str]:
        if answer["outcome"] == "bug":
            yield answer["words"]
        if answer["seconds"] > MOST_SECONDS:
            yield f"took {answer['seconds']:.1f} s ({answer['words']})"
        most = 2 * self._honest_bytes[honest.name] + (_PICTURE_ALLOWANCE if case.kind == "picture" else _ALLOWANCE)
        if answer["bytes"] > most:
            yield f"took {answer['bytes'] >> 20} MiB for a file of {len(content)} bytes ({answer['words']})"
        if answer["forbidden"]:
            yield f"did {answer['forbidden'][:3]}"
        left = [path.name for path in (*self._scratch.iterdir(), *self._files.iterdir())]
        if left != [f"hostile{honest.suffix}"] or (self._files / left[0]).read_bytes() != content:
            yield f"left {left}"
        for path in self._files.iterdir():
            path.unlink()

    def _ask(self, path: Path) -> dict:
        if self._process is None:
            self._start()
        assert self._process is not None and self._process.stdin is not None
        print(path, file=self._process.stdin, flush=True)
        return self._answer(_PATIENCE)

    def _start(self) -> None:
        folders = [str(self._folder / "honest"), str(self._scratch)]
        command = [sys.executable, "-m", "tests.fuzz.worker", *folders, str(self._trace_every), str(MOST_SECONDS)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
        )
        try:
            self._honest_bytes = self._answer(300.0)
        except _Gone as gone:
            raise RuntimeError("the honest files cannot be read: run tests.fuzz.worker by hand") from gone

    def _answer(self, patience: float) -> dict:
        assert self._process is not None and self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], patience)[0]:
            raise _Gone(f"hangs for more than {patience:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            raise _Gone(f"the process died ({self._process.wait()})")
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class _Gone(Exception):
    """The reading process has died or hangs."""


def run(
    cases: Iterable[Case],
    seconds: float = float("inf"),
    tell: Callable[[int, Report], None] | None = None,
    trace_every: int = 1,
) -> Report:
    """Try cases for at most `seconds` after the first; `tell` hears how many are done. trace_every: see `Watch`."""
    report, deadline = Report(), float("inf")
    with tempfile.TemporaryDirectory(prefix="patina-fuzz-") as folder:
        fuzz = Fuzz(Path(folder), trace_every)
        try:
            for done, case in enumerate(cases, start=1):
                fuzz.try_case(case, report)
                if tell is not None:
                    tell(done, report)
                if done == 1:  # until then the process has loaded what it needs
                    deadline = time.monotonic() + seconds
                if time.monotonic() > deadline:
                    break
        finally:
            fuzz.close()
    return report
