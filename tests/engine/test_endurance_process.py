"""Engines that die at a job, and what is left where processes are killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PATIENCE, is_one_sentence
from patina.engine.channel.client import Engine, EngineSettings
from patina.engine.channel.jobs import MapsRequest
from patina.engine.channel.protocol import PROTOCOL
from patina.engine.errors import PatinaError
from patina.engine.files import whole_files
from patina.engine.files.whole_files import written_whole

posix_only = pytest.mark.skipif(os.name == "nt", reason="starts a shell script")
STEPS = 6

MORTAL = """#!/bin/sh
exec {python} - <<'END'
import json, os, signal
from pathlib import Path
say = lambda **message: os.write(1, json.dumps(message).encode() + b"\\n")
count = Path({count!r})
step = len(count.read_text()) if count.exists() else 0
count.write_text("x" * (step + 1))
say(type="ready", protocol={protocol}, version="", torch="", device="")
if {steps_on}:
    say(type="progress", id=1, done=step + 1, total={steps} + 1)
if step < {steps}:
    os.kill(os.getpid(), signal.SIGKILL)
say(type="done", id=1)
os.read(0, 1)
END
"""


def mortal(tmp_path: Path, *, steps_on: bool) -> Engine:
    """An engine each of whose processes is killed at its job, `steps_on` after a step more, until there are STEPS."""
    script, count = tmp_path / "python", str(tmp_path / "count")
    words = {"python": sys.executable, "count": count, "protocol": PROTOCOL, "steps": STEPS, "steps_on": steps_on}
    script.write_text(MORTAL.format(**words))
    script.chmod(0o755)
    return Engine(EngineSettings(script, tmp_path / "lives"))


@posix_only
def test_a_job_goes_on_however_often_its_process_dies_if_each_comes_further(tmp_path: Path) -> None:
    engine = mortal(tmp_path, steps_on=True)
    job = engine.submit(MapsRequest(Path("model"), "", 0, 64, 0.0))
    engine.wait(job, PATIENCE)
    assert job.attempts == STEPS + 1 and job.maps is not None
    engine.close()


@posix_only
def test_a_job_at_which_the_system_kills_every_process_ends_with_a_smaller_resolution(tmp_path: Path) -> None:
    engine = mortal(tmp_path, steps_on=False)
    job = engine.submit(MapsRequest(Path("model"), "", 0, 1024, 0.0))
    with pytest.raises(PatinaError, match="resolution of 1024: choose a smaller one, such as 512") as caught:
        engine.wait(job, PATIENCE)
    assert job.attempts == 3 and is_one_sentence(str(caught.value))
    engine.close()


@posix_only
def test_a_temporary_file_that_was_cleaned_away_is_made_anew(tmp_path: Path, tiny_path: Path) -> None:
    engine = Engine(EngineSettings(Path(sys.executable), tmp_path / "lives"))
    for age in (0.0, 1.0):
        job = engine.submit(MapsRequest(tiny_path, "", 0, 32, age))
        engine.wait(job, PATIENCE)
        assert engine._buffer is not None
        engine._buffer.unlink()
    engine.close()


def leave_a_part(path: Path) -> Path:
    """Have a process killed in mid-write of `path`; what it leaves."""
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from patina.engine.files.whole_files import written_whole\n"
        "with written_whole(Path(sys.argv[1])) as beside:\n"
        "    beside.write_text('a part'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)])
    (part,) = path.parent.glob(f".{path.name}.*")
    return part


@posix_only
def test_what_a_killed_process_left_is_deleted_by_the_next_that_writes_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = leave_a_part(tmp_path / "one.png")
    living = tmp_path / f".two.png.{part.suffix[1:].partition('-')[0]}-{os.getppid()}"
    elsewhere = tmp_path / ".three.png.00000000-999999999"
    for path in (living, elsewhere):
        path.write_text("a part")
    monkeypatch.setattr(whole_files, "_cleared", set())  # as a new process
    with written_whole(tmp_path / "four.png") as beside:
        beside.write_text("whole")
    assert {path.name for path in tmp_path.iterdir()} == {"four.png", living.name, elsewhere.name}
