"""Training from Blender: a process of its own that is begun, stopped, killed, found again and resumed."""

import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import bpy
import pytest
from conftest import PACKAGE
from stage import TINY, is_magenta, new_material, patina, render_frame, set_stage
from trainings import PATIENCE, SMALL, put_model, stand, wait_for, write_footage

LONG = 5000  # steps that no test waits for

OTHER_BLENDER = f"""
import sys
import bpy
bpy.ops.preferences.addon_enable(module="{PACKAGE}")
bpy.context.preferences.addons["{PACKAGE}"].preferences.models = sys.argv[1]
from {PACKAGE}.scene.training.process import TrainingOrder, start
start(TrainingOrder(sys.argv[2], "Dark Noise", "rgb", int(sys.argv[3]), options=sys.argv[4]))
__import__("os")._exit(0)  # Blender 4.2 as a Python module crashes as Python ends
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of trained models, named in the preferences; not there yet."""
    preferences = patina("scene.engine.process").preferences()
    preferences.models = str(tmp_path / "models")
    yield tmp_path / "models"
    for training in patina("scene.training.jobs").trainings():  # whatever a failed test has left running
        if training.is_under_way and training.progress.pid > 1:
            os.kill(training.progress.pid, signal.SIGKILL)
    patina("scene.engine.process").preferences().models = ""


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    return write_footage(tmp_path / "footage")


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_a_training_gives_a_model_that_a_material_ages_by(folder: Path, footage: Path, tmp_path: Path) -> None:
    done = bpy.ops.patina.train(
        exemplar=str(footage),
        name="Dark Noise",
        kind="RGB",
        iterations=8,
        credit="- a test",
        options=f"{SMALL} --region 0.25,0,1,0.75",
    )
    assert done == {"FINISHED"}
    library = patina("scene.library")
    assert library.model_names() == [*library.shipped_names(), "Dark_Noise"]
    assert library.model_path("Dark_Noise") == (folder / "Dark_Noise.safetensors").resolve()
    header = library.model_header("Dark_Noise")
    assert (header.title, header.credit, header.training["iterations"]) == ("Dark Noise", "- a test", 8)
    assert header.training["region"] == [0.25, 0, 1, 0.75]
    (training,) = patina("scene.training.jobs").trainings()
    assert (training.state, training.title, training.factor) == ("done", "Dark Noise", 1.0)
    assert len(training.progress.history) > 1
    material = new_material(set_stage())
    material.patina.resolution = 64
    assert bpy.ops.patina.add_to_material(model="Dark_Noise") == {"FINISHED"}
    render_frame(tmp_path, 1)
    assert not is_magenta(material)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert bpy.data.materials["Steel"].patina.model == "Dark_Noise"
    render_frame(tmp_path, 1)
    assert not is_magenta(bpy.data.materials["Steel"])


def test_a_model_of_the_library_goes_on_learning(folder: Path, footage: Path) -> None:
    order = {"exemplar": str(footage), "kind": "RGB", "iterations": 4}
    assert bpy.ops.patina.train(**order, name="First", options=SMALL) == {"FINISHED"}
    other = SMALL.replace("--width 8", "")
    assert bpy.ops.patina.train(**order, name="Second", options=other, beginning="First") == {"FINISHED"}
    library = patina("scene.library")
    first, second = (library.model_header(name) for name in ("First", "Second"))
    assert second.training["went_on_from"] == {"title": "First", "sha256": first.sha256, "iterations": 4}
    assert second.network == first.network
    with pytest.raises(RuntimeError, match="There is no model 'Nothing'"):
        bpy.ops.patina.train(**order, name="Third", beginning="Nothing")
    assert not any(name.startswith("Third") for name in names_in(folder))


def test_a_stopped_training_has_its_best_model_and_resumes(folder: Path, footage: Path) -> None:
    process = patina("scene.training.process")
    order = process.TrainingOrder(str(footage), "Dark Noise", "rgb", 20, options=SMALL)
    begun = process.start(order)
    assert begun.state == "starting"
    with pytest.raises(RuntimeError, match="'Dark Noise' runs already"):
        bpy.ops.patina.train_resume(name="Dark_Noise")
    with pytest.raises(RuntimeError, match="only starting: stop it in a moment"):
        bpy.ops.patina.train_stop(name="Dark_Noise")
    with pytest.raises(RuntimeError, match="stop it first"):
        bpy.ops.patina.train_discard(name="Dark_Noise")
    wait_for("Dark_Noise", lambda training: training.state == "running")
    assert bpy.ops.patina.train_stop(name="Dark_Noise") == {"FINISHED"}
    stopped = patina("scene.training.jobs").find("Dark_Noise")
    assert stopped.state == "stopped"
    assert stopped.progress.iteration < 20
    assert patina("scene.library").model_header("Dark_Noise").title == "Dark Noise"
    with pytest.raises(RuntimeError, match="does not run"):
        bpy.ops.patina.train_stop(name="Dark_Noise")
    assert bpy.ops.patina.train_resume(name="Dark_Noise") == {"FINISHED"}
    done = patina("scene.training.jobs").find("Dark_Noise")
    assert (done.state, done.progress.iteration) == ("done", 20)
    log = (folder / "Dark_Noise.log").read_text()
    assert log.count("$ patina train") == 2


def test_a_training_outlives_its_blender_and_when_killed_it_is_interrupted(folder: Path, footage: Path) -> None:
    other = [sys.executable, "-c", OTHER_BLENDER, folder, footage, str(LONG), SMALL]
    subprocess.run(other, check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL)
    (found,) = patina("scene.training.jobs").trainings()  # that Blender is closed
    assert found.is_under_way
    running = wait_for("Dark_Noise", lambda training: training.state == "running" and training.progress.iteration > 0)
    pid = running.progress.pid
    assert os.getsid(pid) != os.getsid(0)
    assert os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, 0)
    os.kill(pid, signal.SIGKILL)
    interrupted = wait_for("Dark_Noise", lambda training: training.state == "interrupted")
    assert interrupted.progress.state == "running"  # what its file still says
    resumed = patina("scene.training.process").resume("Dark_Noise")
    assert resumed.is_under_way
    wait_for("Dark_Noise", lambda training: training.state == "running" and training.progress.pid not in (0, pid))
    bpy.ops.patina.train_stop(name="Dark_Noise")
    assert "Dark_Noise" in patina("scene.library").model_names()


@pytest.mark.parametrize("pressed", ["starting", "running"])
def test_ctrl_c_ends_the_training_that_is_waited_for(folder: Path, footage: Path, pressed: str) -> None:
    process = patina("scene.training.process")

    def press(training: object) -> None:
        if training.state == pressed:
            raise KeyboardInterrupt

    begun = process.start(process.TrainingOrder(str(footage), "Dark Noise", "rgb", LONG, options=SMALL))
    with pytest.raises(KeyboardInterrupt):
        process.wait(begun, press)
    ended = process.wait(begun)
    assert ended.state == {"starting": "interrupted", "running": "stopped"}[pressed]


def test_trained_models_survive_an_upgrade_and_the_removal_of_patina(extension_zip: Path) -> None:
    trained = patina("scene.library").trained_folder()
    model = put_model(trained / "kept.safetensors")
    try:
        repositories = [repository.module for repository in bpy.context.preferences.extensions.repos]
        repository = repositories.index("user_default")
        assert bpy.ops.extensions.package_uninstall(repo_index=repository, pkg_id="patina") == {"FINISHED"}
        assert not hasattr(bpy.types.Material, "patina")
        assert model.exists()
        for _ in range(2):  # installed, then upgraded
            bpy.ops.extensions.package_install_files(
                filepath=str(extension_zip), repo="user_default", enable_on_install=True
            )
            assert "kept" in patina("scene.library").model_names()
    finally:
        model.unlink()


def test_the_zip_can_train(extension_zip: Path) -> None:
    names = zipfile.ZipFile(extension_zip).namelist()
    assert "engine/training/run.py" in names
    assert "engine/channel/detached.py" in names


def test_a_name_in_the_library_means_the_same_on_every_computer(folder: Path) -> None:
    library = patina("scene.library")
    shipped = library.shipped_names()[0]
    mine = put_model(folder / f"{shipped}.safetensors")
    put_model(folder / "zinc.safetensors")
    assert library.model_names() == [*library.shipped_names(), str(mine), "zinc"]
    assert library.model_path(shipped) != mine.resolve()
    assert library.model_path(str(mine)) == mine.resolve()


@pytest.mark.parametrize(
    ("taken", "name", "sentence"),
    [
        ("", "Rusting Steel", "The name 'Rusting_Steel' is that of a model that came with Patina"),
        ("dark_noise.safetensors", "Dark Noise", "There is a model 'Dark_Noise' already"),
        ("Dark_Noise.checkpoint", "Dark Noise", "There is a model 'Dark_Noise' already"),
        ("Dark_Noise.progress.json", "Dark Noise", "There is a training 'Dark_Noise' already"),
    ],
)
def test_a_name_that_is_taken_is_refused(folder: Path, footage: Path, taken: str, name: str, sentence: str) -> None:
    folder.mkdir()
    if taken:
        (folder / taken).write_text("mine")
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.patina.train(exemplar=str(footage), name=name)
    assert names_in(folder) == ({taken} if taken else set())
    assert not taken or (folder / taken).read_text() == "mine"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"exemplar": ""}, "No exemplar is given"),
        ({"exemplar": "/no/such/footage"}, "There is no exemplar /no/such/footage"),
        ({"exemplar": "//footage"}, "relative to a .blend that is not saved"),
        ({"options": "--size '16"}, "within quotation marks"),
    ],
)
def test_what_cannot_be_begun_leaves_nothing(
    folder: Path, footage: Path, changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.patina.train(**{"exemplar": str(footage), "name": "Dark Noise"} | changes)
    assert names_in(folder) == set()


def test_without_an_engine_nothing_is_begun(folder: Path, footage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATINA_PYTHON", "/no/such/python")
    with pytest.raises(RuntimeError, match="choose another one in the preferences"):
        bpy.ops.patina.train(exemplar=str(footage), name="Dark Noise")
    assert not folder.exists()


def test_a_python_that_cannot_be_started_leaves_nothing(
    folder: Path, footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "python").write_text("no program")
    monkeypatch.setenv("PATINA_PYTHON", str(tmp_path / "python"))
    with pytest.raises(RuntimeError, match="cannot be started"):
        bpy.ops.patina.train(exemplar=str(footage), name="Dark Noise")
    assert names_in(folder) == set()
    stand(folder, state="stopped")
    with pytest.raises(RuntimeError, match="cannot be started"):
        bpy.ops.patina.train_resume(name="rust")
    assert patina("scene.training.jobs").find("rust").state == "stopped"


def test_a_folder_that_cannot_be_used_is_named(folder: Path, footage: Path) -> None:
    folder.write_text("a file where the folder should be")
    with pytest.raises(RuntimeError, match="choose another one in Patina's preferences"):
        bpy.ops.patina.train(exemplar=str(footage), name="Dark Noise")


def test_a_python_without_torch_says_so_and_the_training_can_be_resumed(
    folder: Path, footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "python"
    bare.write_text('#!/bin/sh\nexec /usr/bin/env -i /usr/bin/python3 -S -I "$@"\n')
    bare.chmod(0o755)
    monkeypatch.setenv("PATINA_PYTHON", str(bare))
    with pytest.raises(RuntimeError, match="The engine's Python has no torch: choose a Python that has it"):
        bpy.ops.patina.train(exemplar=str(footage), name="Dark Noise", iterations=3, options=SMALL)
    assert patina("scene.training.jobs").find("Dark_Noise").state == "failed"
    monkeypatch.undo()
    assert bpy.ops.patina.train_resume(name="Dark_Noise") == {"FINISHED"}
    assert patina("scene.training.jobs").find("Dark_Noise").state == "done"


def test_footage_that_cannot_be_learned_from_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    footage = write_footage(tmp_path / "single", count=1)
    with pytest.raises(RuntimeError, match="single") as caught:
        bpy.ops.patina.train(exemplar=str(footage), name="Dark Noise", iterations=3, options=SMALL)
    assert "Traceback" not in str(caught.value)
    assert patina("scene.training.jobs").find("Dark_Noise").state == "failed"
    assert not (folder / "Dark_Noise.safetensors").exists()


def test_a_discarded_training_leaves_its_model_unless_that_goes_too(folder: Path) -> None:
    model = put_model(stand(folder, state="done"))
    for suffix in (".png", ".checkpoint", ".log", ".stop"):
        model.with_suffix(suffix).write_text("x")
    put_model(folder / "other.safetensors")
    assert bpy.ops.patina.train_discard(name="rust") == {"FINISHED"}
    assert names_in(folder) == {"rust.safetensors", "rust.png", "other.safetensors"}
    assert patina("scene.training.jobs").trainings() == []
    stand(folder, state="done")
    assert bpy.ops.patina.train_discard(name="rust", with_model=True) == {"FINISHED"}
    assert names_in(folder) == {"other.safetensors"}
    with pytest.raises(RuntimeError, match="There is no training 'rust'"):
        bpy.ops.patina.train_discard(name="rust")


def test_a_discarded_training_without_a_model_leaves_nothing(folder: Path) -> None:
    stand(folder, state="stopped").with_suffix(".png").write_text("x")
    bpy.ops.patina.train_discard(name="rust")
    assert names_in(folder) == set()


def test_a_moved_folder_is_resumed_where_it_is_now(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = patina("scene.training.process")
    commands: list[list[str]] = []

    def note(python: Path, arguments: list[str], log: Path) -> subprocess.Popen[bytes]:
        commands.append(list(arguments))
        return subprocess.Popen(["true"])

    monkeypatch.setattr(process, "start_detached", note)
    elsewhere = ("train", str(folder), "/old/rust.safetensors", "--kind", "rgb", "--iterations", "9")
    model = stand(folder, state="stopped", command=elsewhere)
    process.resume("rust")
    assert commands == [["train", str(folder), str(model), "--kind", "rgb", "--iterations", "9"]]


def test_an_exemplar_that_is_gone_is_named_when_resuming(folder: Path) -> None:
    stand(folder, state="stopped", exemplar="/gone/footage")
    with pytest.raises(RuntimeError, match="The exemplar /gone/footage is gone"):
        bpy.ops.patina.train_resume(name="rust")


def test_a_material_that_ages_can_change_to_a_trained_model(folder: Path) -> None:
    put_model(folder / "mine.safetensors")
    material = new_material(set_stage())
    with pytest.raises(RuntimeError, match="add Patina to it first"):
        bpy.ops.patina.use_model(model="mine")
    bpy.ops.patina.add_to_material(model=TINY)
    material.patina.seed = 4
    assert bpy.ops.patina.use_model(model="mine") == {"FINISHED"}
    assert (material.patina.model, material.patina.seed) == ("mine", 4)
    with pytest.raises(RuntimeError, match="There is no model 'gone'"):
        bpy.ops.patina.use_model(model="gone")
    assert material.patina.model == "mine"
