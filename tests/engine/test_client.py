"""The engine's process as Blender's side sees it: real processes, killed, cancelled, misled and left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import PATIENCE, is_one_sentence
from make_tiny_model import tiny_field, tiny_header
from patina.engine.channel.child import EngineError
from patina.engine.channel.client import Engine, EngineSettings, EngineState
from patina.engine.channel.jobs import Job, JobCancelled, MapsRequest, WriteRequest
from patina.engine.errors import PatinaError
from patina.engine.lives.life import Life, LifeSettings
from patina.engine.lives.life_store import LifeStore
from patina.engine.maps.map_names import MAPS
from patina.engine.maps.pictures import base_color_picture
from patina.engine.models.model_file import Model, save_model
from patina.engine.models.model_header import read_header
from PIL import Image

PYTHON = Path(sys.executable)
posix_only = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and scripts")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(EngineSettings(PYTHON, tmp_path / "lives"))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def shared_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One process for the tests that leave it as they found it."""
    engine = Engine(EngineSettings(PYTHON, tmp_path_factory.mktemp("shared") / "lives"))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def slow_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model on a grid of so many steps that a solve takes some seconds."""
    path = tmp_path_factory.mktemp("models") / "slow.safetensors"
    save_model(tiny_field(), tiny_header(grid={"warm_up_steps": 4, "steps": 2000, "method": "euler"}), path)
    return path


def request(path: Path, **changes: object) -> MapsRequest:
    return MapsRequest(**{"model": path, "sha256": "", "seed": 0, "extent": 32, "age": 0.4} | changes)


def poll_until(engine: Engine, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, engine.describe()
        engine.poll(0.05)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def failure(engine: Engine, asked: MapsRequest) -> PatinaError:
    job = engine.submit(asked)
    with pytest.raises(PatinaError) as caught:
        engine.wait(job, PATIENCE)
    assert is_one_sentence(str(caught.value))
    return caught.value


def test_maps_arrive_as_they_are_computed_in_process(
    shared_engine: Engine, tiny: Model, tiny_path: Path, store: LifeStore
) -> None:
    job = shared_engine.submit(request(tiny_path, sha256=tiny.header.sha256))
    shared_engine.wait(job, PATIENCE)
    truth = Life(tiny, 0, 32, store, LifeSettings(), "cpu").maps(0.4)
    assert job.maps is not None and set(job.maps) == {*MAPS, "departure"}
    assert all(np.array_equal(job.maps[name], truth[name]) for name in MAPS)
    assert shared_engine.state is EngineState.READY and "Ready on cpu" in shared_engine.describe()


def test_jobs_are_answered_in_order_each_with_its_own_maps(shared_engine: Engine, tiny_path: Path) -> None:
    jobs = [shared_engine.submit(request(tiny_path, age=age, extent=extent)) for age in (1, 0) for extent in (64, 16)]
    finished: list[Job] = []

    def all_finished() -> bool:
        finished.extend(job for job in jobs if job.done and job not in finished)
        return len(finished) == len(jobs)

    poll_until(shared_engine, all_finished)
    assert finished == jobs
    means = [job.maps["base_color"].mean() for job in jobs if job.maps is not None]
    assert means[0] < means[2] - 0.1 and means[1] < means[3] - 0.1  # aged is darker
    assert [len(job.maps["height"]) for job in jobs if job.maps is not None] == [64, 16, 64, 16]


def test_nothing_starts_before_it_is_asked_for(engine: Engine) -> None:
    engine.poll()
    assert (engine.state, engine.pid) == (EngineState.STOPPED, None)


def test_submitting_does_not_wait_for_the_process(engine: Engine, tiny_path: Path) -> None:
    started = time.monotonic()
    job = engine.submit(request(tiny_path))
    assert time.monotonic() - started < 1 and not job.done
    assert engine.state is EngineState.STARTING


def test_written_pictures_are_whole_and_hold_the_maps(shared_engine: Engine, tiny_path: Path, tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.png" for name in MAPS}
    write = WriteRequest(tiny_path, "", 0, 32, 0.4, files)
    shared_engine.wait(shared_engine.submit(write), PATIENCE)
    job = shared_engine.submit(request(tiny_path))
    shared_engine.wait(job, PATIENCE)
    assert job.maps is not None
    assert sorted(tmp_path.iterdir()) == sorted(files.values())
    assert np.array_equal(np.asarray(Image.open(files["base_color"])), base_color_picture(job.maps["base_color"]))
    for name, shift, most in (
        ("roughness", 0, 65535),
        ("metallic", 0, 65535),
        ("height", 0.5, 65535),
        ("normal", 0, 255),
    ):
        pixels = np.asarray(Image.open(files[name])) / most - shift
        assert np.abs(pixels - job.maps[name]).max() < 0.51 / most, name


def test_a_folder_that_is_not_there_gets_no_picture_and_one_sentence(
    shared_engine: Engine, tiny_path: Path, tmp_path: Path
) -> None:
    write = WriteRequest(tiny_path, "", 0, 32, 0.4, {"height": tmp_path / "missing" / "height.png"})
    assert "cannot be written" in str(failure(shared_engine, write))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"extent": 33}, "The resolution 33"),
        ({"extent": 0}, "The resolution 0"),
        ({"extent": 1 << 20}, "The resolution 1048576"),
        ({"age": 1.5}, "The age 1.5"),
        ({"age": float("nan")}, "The age nan"),
        ({"seed": -1}, "The seed -1"),
        ({"seed": "seven"}, "asked wrongly"),
        ({"sha256": "0" * 64}, "not the model that this material was made with"),
        ({"model": Path("nowhere.safetensors")}, "nowhere.safetensors cannot be read"),
        ({"model": Path(__file__)}, "not a model file"),
    ],
)
def test_what_cannot_be_had_is_refused_and_the_process_goes_on(
    changes: dict[str, object], culprit: str, shared_engine: Engine, tiny_path: Path
) -> None:
    shared_engine.wait(shared_engine.submit(request(tiny_path)), PATIENCE)
    pid = shared_engine.pid
    assert culprit in str(failure(shared_engine, request(tiny_path, **changes)))
    shared_engine.wait(shared_engine.submit(request(tiny_path)), PATIENCE)
    assert shared_engine.pid == pid


def test_a_model_file_that_changes_is_read_again(shared_engine: Engine, tmp_path: Path) -> None:
    engine = shared_engine
    path = tmp_path / "model.safetensors"
    save_model(tiny_field(), tiny_header(), path)
    old_hash = read_header(path).sha256
    before = engine.submit(request(path))
    engine.wait(before, PATIENCE)
    save_model(tiny_field(), tiny_header(duration=2.0), path)
    after = engine.submit(request(path))
    engine.wait(after, PATIENCE)
    assert before.maps is not None and after.maps is not None
    assert not np.array_equal(before.maps["base_color"], after.maps["base_color"])
    assert read_header(path).sha256 != old_hash


@posix_only
def test_a_killed_process_is_started_again_and_goes_on_from_the_kept_life(engine: Engine, slow_path: Path) -> None:
    job = engine.submit(request(slow_path, age=1.0))
    # So far that whole states were kept on the way.
    poll_until(engine, lambda: bool(list(engine.settings.lives.glob("life-*/state-*"))))
    killed, done_before = engine.pid, job.steps_done
    assert killed is not None and 0 < done_before < job.steps
    os.kill(killed, signal.SIGKILL)
    poll_until(engine, lambda: engine.pid != killed and job.attempts == 2)
    job.steps_done = 0
    poll_until(engine, lambda: job.done or job.steps_done > 0)
    assert job.steps_done > done_before / 4  # not from the noise again
    engine.wait(job, PATIENCE)
    assert job.maps is not None and job.attempts == 2
    assert engine.state is EngineState.READY


@posix_only
def test_a_process_that_keeps_dying_is_given_up(tmp_path: Path, tiny_path: Path) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho 'ImportError: no good today' >&2\nexit 1\n")
    script.chmod(0o755)
    engine = Engine(EngineSettings(script, tmp_path / "lives"))
    error = failure(engine, request(tiny_path))
    assert isinstance(error, EngineError) and "no good today" in str(error)
    assert engine.state is EngineState.FAILED and "no good today" in engine.describe()
    engine.close()


def test_a_job_cancelled_in_mid_solve_ends_and_the_process_rests(shared_engine: Engine, slow_path: Path) -> None:
    engine = shared_engine
    job = engine.submit(request(slow_path, age=1.0, seed=1))
    poll_until(engine, lambda: job.steps_done > 0)
    engine.cancel(job)
    with pytest.raises(JobCancelled):
        engine.wait(job, PATIENCE)
    assert job.steps_done < job.steps and engine.state is EngineState.READY
    kept = len(list(engine.settings.lives.glob("life-*/observed-*")))
    time.sleep(0.3)
    assert len(list(engine.settings.lives.glob("life-*/observed-*"))) == kept  # nor is it solved when nobody asks
    next_job = engine.submit(request(slow_path, age=0.0))
    engine.wait(next_job, PATIENCE)
    assert next_job.maps is not None


def test_a_job_cancelled_in_the_queue_never_reaches_the_process(shared_engine: Engine, slow_path: Path) -> None:
    engine = shared_engine
    first, second = (engine.submit(request(slow_path, age=age, seed=2)) for age in (0.01, 0.02))
    engine.cancel(second)
    assert second.done and isinstance(second.error, JobCancelled)
    engine.wait(first, PATIENCE)


def test_waiting_too_long_is_an_error_and_cancels(shared_engine: Engine, slow_path: Path) -> None:
    engine = shared_engine
    job = engine.submit(request(slow_path, age=1.0, seed=3))
    with pytest.raises(EngineError, match="took longer than"):
        engine.wait(job, 0.01)
    poll_until(engine, lambda: job.done)
    assert isinstance(job.error, JobCancelled)


@posix_only
@pytest.mark.parametrize("doing", ["solving", "idle"])
def test_the_process_ends_when_its_parent_is_killed(
    doing: str, tmp_path: Path, slow_path: Path, tiny_path: Path
) -> None:
    program = (
        "import sys, time; from pathlib import Path; from patina.engine.channel.client import *\n"
        "engine = Engine(EngineSettings(Path(sys.executable), Path(sys.argv[1])))\n"
        "job = engine.submit(MapsRequest(Path(sys.argv[2]), '', 0, 64, 1.0))\n"
        "while not (job.done if sys.argv[3] == 'idle' else job.steps_done): engine.poll(0.1)\n"
        "print(engine.pid, flush=True); time.sleep(60)\n"
    )
    path = tiny_path if doing == "idle" else slow_path
    arguments = [sys.executable, "-c", program, str(tmp_path / "lives"), str(path), doing]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while is_running(child):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_closing_ends_the_process_and_every_job(tmp_path: Path, slow_path: Path) -> None:
    engine = Engine(EngineSettings(PYTHON, tmp_path / "lives"))
    jobs = [engine.submit(request(slow_path, age=1.0)) for _ in range(2)]
    poll_until(engine, lambda: jobs[0].steps_done > 0)
    pid = engine.pid
    assert pid is not None
    engine.close()
    assert not is_running(pid)
    assert all(isinstance(job.error, JobCancelled) for job in jobs)
    assert engine.state is EngineState.STOPPED
    engine.close()


def _script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


@posix_only
@pytest.mark.parametrize(
    ("python", "culprit"),
    [
        (lambda folder: folder / "nothing-here", "cannot be started"),
        (lambda folder: folder, "cannot be started"),
        (lambda folder: _script(folder / "no-program", "hello"), "cannot be started"),
        (lambda folder: Path("/bin/true"), "has stopped"),
        (lambda folder: Path("/bin/echo"), "cannot be understood"),
        (lambda folder: _script(folder / "bare", f'#!/bin/sh\nexec "{PYTHON}" -S "$@"\n'), "has no torch"),
    ],
    ids=["missing", "folder", "no program", "true", "echo", "without torch"],
)
def test_a_wrong_python_is_one_sentence_and_fails_every_job(
    python: Callable[[Path], Path], culprit: str, tmp_path: Path, tiny_path: Path
) -> None:
    engine = Engine(EngineSettings(python(tmp_path), tmp_path / "lives"))
    waiting = engine.submit(request(tiny_path))
    assert culprit in str(failure(engine, request(tiny_path)))
    assert waiting.done and engine.state is EngineState.FAILED and is_one_sentence(f"{waiting.error}")
    engine.close()


def test_an_engine_that_failed_is_tried_again_at_the_next_job(tmp_path: Path, tiny_path: Path) -> None:
    python = tmp_path / "python"
    engine = Engine(EngineSettings(python, tmp_path / "lives"))
    failure(engine, request(tiny_path))
    python.symlink_to(PYTHON)
    job = engine.submit(request(tiny_path))
    assert engine.state is EngineState.STARTING
    engine.cancel(job)
    engine.close()


def test_a_lives_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path, tiny_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    engine = Engine(EngineSettings(PYTHON, tmp_path / "file" / "lives"))
    assert "folder of kept lives" in str(failure(engine, request(tiny_path)))
    assert engine.state is EngineState.FAILED


def test_what_a_library_prints_does_not_enter_the_channel(
    engine: Engine, tiny_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A torchdiffeq that talks when it is imported and when it is used, in Python and below it."""
    noisy = tmp_path / "noisy" / "torchdiffeq"
    noisy.mkdir(parents=True)
    (noisy / "__init__.py").write_text(
        "import os, sys\n"
        "print('{\"type\": \"ready\"}', flush=True); os.write(1, b'nonsense\\n'); os.system('echo loud')\n"
        "def odeint(field, x, times, method):\n"
        "    print('step'); os.write(1, b'step\\n')\n"
        "    return [x, x + (times[1] - times[0]).float() * field(times[0], x)]\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(noisy.parent))
    job = engine.submit(request(tiny_path))
    engine.wait(job, PATIENCE)
    assert job.attempts == 1 and engine.state is EngineState.READY
