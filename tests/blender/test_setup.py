"""Installing the engine: a private environment that is whole and works, or is not there at all."""

import os
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest
from conftest import PACKAGE
from index import serving
from stage import age_stage, is_magenta, patina, render_frame
from wheels import only_from, pins, site_of_torch, write_wheels

SITE = site_of_torch()
PATIENCE = 240.0
needs_torch = pytest.mark.skipif(SITE is None, reason="this Python has no torch to put a signpost to")
posix_only = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Blender may go online, and nothing names another engine; what was installed goes at the end."""
    monkeypatch.delenv("PATINA_PYTHON", raising=False)
    bpy.context.preferences.system.use_online_access = True
    yield
    patina("scene.engine.setup").cancel()
    assert bpy.ops.patina.setup_remove() == {"FINISHED"}
    bpy.context.preferences.system.use_online_access = False


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tiny packages, from which alone pip installs."""
    folder = write_wheels(tmp_path / "wheels", SITE, build="+cpu")
    for name, value in only_from(folder).items():
        monkeypatch.setenv(name, value)
    return folder


def folder() -> Path:
    return patina("scene.engine.process").private_folder()


def files(root: Path) -> dict[str, float]:
    """Every file below a folder, and when it was changed; Python's own notes apart."""
    return {
        str(path): path.stat().st_mtime
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def refusal(platform: str = "CPU") -> str:
    """The sentence with which an installation fails, which leaves nothing ready."""
    with pytest.raises(RuntimeError) as caught:
        bpy.ops.patina.setup_engine(platform=platform)
    sentence = str(caught.value).removeprefix("Error: ").strip()
    assert "\n" not in sentence and sentence.endswith(".") and len(sentence) < 400
    return sentence


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def install_until(text: str, platform: str = "CPU") -> int:
    """Begin an installation, and go on until it says `text`; the process's id."""
    setup = patina("scene.engine.setup")
    setup.begin_install(platform)
    pid = setup._task.pid
    deadline = time.monotonic() + PATIENCE
    while text not in setup.progress()[0]:
        assert setup.poll(0.1), setup.outcome
        assert time.monotonic() < deadline
    return pid


def children(pid: int) -> list[int]:
    """Every process below one."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found += [int(path.parent.name), *children(int(path.parent.name))]
    return found


@needs_torch
def test_the_engine_is_installed_used_and_removed_and_nothing_else_is_touched(wheels: Path, tmp_path: Path) -> None:
    process = patina("scene.engine.process")
    extension = Path(sys.modules[PACKAGE].__file__).parent
    site = Path(sysconfig.get_paths()["purelib"])
    before, names = files(extension), sorted(path.name for path in site.iterdir())
    assert process.choose_python()[0] == "Blender's own Python"
    assert bpy.ops.patina.setup_engine(platform="CPU") == {"FINISHED"}
    source, python = process.choose_python()
    assert source == "Patina's own environment" and python.is_relative_to(folder())
    installed = patina("scene.engine.setup").installed()
    assert installed.is_current and installed.record["platform"] == "CPU"
    assert {path.name for path in folder().iterdir()} == {installed.folder.name, "ready.json", "setup.log", ".lock"}
    assert files(extension) == before and sorted(path.name for path in site.iterdir()) == names
    material = age_stage()
    render_frame(tmp_path, 5)
    assert not is_magenta(material)
    command = Path(f"/proc/{process.engine().pid}/cmdline")
    assert not command.exists() or str(python) in command.read_text()
    process.close()
    assert bpy.ops.patina.setup_remove() == {"FINISHED"}
    assert not folder().exists() and process.choose_python()[0] == "Blender's own Python"


@needs_torch
def test_installing_again_keeps_the_one_in_use_until_the_new_one_works(wheels: Path) -> None:
    setup, process = patina("scene.engine.setup"), patina("scene.engine.process")
    assert bpy.ops.patina.setup_engine(platform="CPU") == {"FINISHED"}
    first = process.engine_python()
    torch = next(wheels.glob("torch-*"))
    content = torch.read_bytes()
    torch.write_bytes(content[: len(content) // 2])
    assert "damaged" in refusal()
    assert process.engine_python() == first and first.is_file()
    assert bpy.ops.patina.check_engine() == {"FINISHED"} and "works on" in setup.outcome
    torch.write_bytes(content)
    assert bpy.ops.patina.setup_engine(platform="CPU") == {"FINISHED"}
    second = process.engine_python()
    assert second != first and not first.exists() and second.is_file()


def test_without_leave_to_go_online_nothing_is_made(wheels: Path) -> None:
    bpy.context.preferences.system.use_online_access = False
    assert "not allowed to go online" in refusal()
    assert not folder().exists()


def test_without_room_on_the_disk_nothing_is_made(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platforms = patina("engine.environment.place").PLATFORMS
    vast = type(platforms["CPU"])("CPU", "", ("linux",), "cpu", 10**18)
    monkeypatch.setitem(platforms, "CPU", vast)
    assert "1000000000 GB" in refusal() and "are free" in patina("scene.engine.setup").outcome + refusal()
    assert not list(folder().iterdir())


def test_a_torch_that_cannot_be_imported_is_not_made_ready(wheels: Path, tmp_path: Path) -> None:
    write_wheels(wheels, None, build="+cpu")
    assert "hollow" in refusal() or "no torch" in patina("scene.engine.setup").outcome
    assert patina("scene.engine.setup").installed() is None
    log = patina("scene.engine.setup").log_path()
    assert log is not None and "torch-2" in log.read_text()


def test_a_package_that_the_index_does_not_have_is_named(wheels: Path) -> None:
    next(wheels.glob("safetensors-*")).unlink()
    assert "has no safetensors==" in refusal()
    assert patina("scene.engine.setup").installed() is None


@needs_torch
@posix_only
@pytest.mark.parametrize("trouble", ["stall", "break"])
def test_a_download_that_is_cancelled_or_breaks_off_is_gone_on_with(
    trouble: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = patina("scene.engine.setup")
    with serving(write_wheels(tmp_path / "wheels", SITE)) as index:
        for name, value in index.variables().items():
            monkeypatch.setenv(name, value)
        index.trouble = trouble
        if trouble == "stall":
            pid = install_until("Downloading av", "INDEX")
            below = children(pid)
            assert below
            assert bpy.ops.patina.setup_cancel() == {"FINISHED"}
            deadline = time.monotonic() + PATIENCE  # it tidies up by itself
            while any(is_running(process) for process in (pid, *below)):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert {path.name for path in folder().iterdir()} == {"downloads", "setup.log", ".lock"}
        else:
            assert "broke off" in (sentence := refusal("INDEX")) or "damaged" in sentence
        assert setup.installed() is None
        had = set(index.served) - {"av"}
        assert had == set(pins()) - {"av"}
        index.served.clear()
        index.trouble = ""
        assert bpy.ops.patina.setup_engine(platform="INDEX") == {"FINISHED"}
        assert set(index.served) == {"av"}
    assert setup.installed() is not None


@needs_torch
@posix_only
def test_an_installer_killed_before_its_end_leaves_nothing_ready_and_the_next_one_succeeds(wheels: Path) -> None:
    setup = patina("scene.engine.setup")
    pid = install_until("Trying it")
    for process in (pid, *children(pid)):
        os.kill(process, signal.SIGKILL)
    with pytest.raises(Exception, match="has stopped"):
        setup.wait()
    assert setup.installed() is None
    assert bpy.ops.patina.setup_engine(platform="CPU") == {"FINISHED"}


@posix_only
def test_an_installation_ends_with_its_blender(wheels: Path, tmp_path: Path) -> None:
    program = (
        f"import bpy, importlib, os, signal; bpy.ops.preferences.addon_enable(module={PACKAGE!r})\n"
        "bpy.context.preferences.system.use_online_access = True\n"
        f"setup = importlib.import_module('{PACKAGE}.scene.engine.setup')\n"
        "setup.begin_install('CPU')\n"
        "while 'Making' not in setup.progress()[0]: setup.poll(0.1)\n"
        "print(setup._task.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE)
    pid = int(done.stdout.split()[-1])
    deadline = time.monotonic() + 20
    while is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert patina("scene.engine.setup").installed() is None


@posix_only
def test_a_second_installation_at_the_same_time_is_refused(wheels: Path) -> None:
    first = install_until("Making the environment")
    os.kill(first, signal.SIGSTOP)  # however slowly the second Blender starts
    program = (
        f"import bpy; bpy.ops.preferences.addon_enable(module={PACKAGE!r})\n"
        "bpy.context.preferences.system.use_online_access = True\n"
        "try: bpy.ops.patina.setup_engine(platform='CPU')\n"
        "except RuntimeError as error: print(error)\n"
    )
    try:
        other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE)
    finally:
        os.kill(first, signal.SIGCONT)
    assert "being installed by another Blender" in other.stdout


@pytest.mark.parametrize(
    "record",
    [
        "",
        "{}",
        "[]",
        '{"format": 1, "environment": "../../evil", "python": "", "torch": "", "device": "", "requirements": ""}',
        '{"format": 2}',
    ],
)
def test_a_damaged_record_counts_as_not_installed(record: str) -> None:
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / "ready.json").write_text(record)
    assert patina("scene.engine.setup").installed() is None


def test_an_environment_that_lost_its_python_is_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / "ready.json").write_text(
        '{"format": 1, "environment": "gone", "python": "3.11", "torch": "2", "device": "cpu", "requirements": ""}'
    )
    process = patina("scene.engine.process")
    assert "lost its Python" in process.lacking()
    monkeypatch.setenv("PATINA_PYTHON", sys.executable)
    assert process.choose_python() == ("PATINA_PYTHON", Path(sys.executable))
