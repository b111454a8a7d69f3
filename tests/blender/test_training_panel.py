"""What the panel shows of trainings: where they stand, never a dead one as running; pictures; what can be done."""

import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from stage import age_stage, new_material, patina, set_stage
from test_panels import Layout
from trainings import put_model, stand, write_picture


class TrainingLayout(Layout):
    """Also knows folded panels, bars, icons and the values that operators were given."""

    def __init__(self) -> None:
        super().__init__()
        self.bars: list[float] = []
        self.icons: list[int] = []
        self.given: dict[str, SimpleNamespace] = {}

    def panel(self, idname: str, default_closed: bool = False) -> tuple["TrainingLayout", "TrainingLayout"]:
        return self, self

    def progress(self, factor: float, text: str) -> None:
        self.bars.append(factor)

    def template_icon(self, icon_value: int, scale: float) -> None:
        self.icons.append(icon_value)

    def operator(self, name: str, icon: str = "NONE", **more: object) -> SimpleNamespace:
        self.given[name] = super().operator(name, icon, **more)
        return self.given[name]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    patina("scene.engine.process").preferences().models = str(tmp_path)
    yield tmp_path
    patina("scene.engine.process").preferences().models = ""
    patina("scene.training.pictures").close()


def draw(panel: str = "TrainingMaterialPanel") -> TrainingLayout:
    layout = TrainingLayout()
    getattr(patina("panels.training"), panel).draw(SimpleNamespace(layout=layout), bpy.context)
    return layout


@pytest.mark.parametrize("panel", ["TrainingMaterialPanel", "TrainingSidebarPanel"])
def test_without_trainings_one_can_be_begun(folder: Path, panel: str) -> None:
    assert draw(panel).operators == ["patina.train"]


def test_a_running_training_shows_how_far_it_is_and_can_be_stopped(folder: Path) -> None:
    model = stand(folder)
    with patina("engine.files.progress").claimed(model):
        layout = draw()
        assert layout.bars == [0.1]
        assert "Step 1,200 of 12,000, 1 h 30 min left" in layout.text
        assert layout.given["patina.train_stop"].name == "rust"
        assert not {"patina.train_resume", "patina.train_discard"} & set(layout.operators)
        patina("engine.files.progress").request_stop(model)
        assert "Stopping at step 1,200" in draw().text


def test_a_killed_training_is_interrupted_and_can_be_resumed(folder: Path) -> None:
    stand(folder)
    layout = draw()
    assert layout.bars == []
    assert "Interrupted at step 1,200 of 12,000" in layout.text
    assert layout.given["patina.train_resume"].name == "rust"
    assert "patina.train_stop" not in layout.operators


def test_a_process_that_still_loads_is_starting_and_not_for_ever(folder: Path) -> None:
    stand(folder, pid=0, iteration=0, history=())
    assert "Starting" in draw().texts
    with patina("engine.files.progress").claimed(folder / "rust.safetensors"):
        assert "Starting" in draw().texts
    stand(folder, pid=0, iteration=0, history=(), updated=time.time() - 1000)
    assert "Interrupted at step 0" in draw().text


def test_a_training_that_says_it_stopped_is_stopping_until_its_process_has_ended(folder: Path) -> None:
    model = stand(folder, state="stopped")
    with patina("engine.files.progress").claimed(model):
        assert "patina.train_resume" not in draw().operators
        assert "Stopping at step 1,200" in draw().text
    assert "patina.train_resume" in draw().operators


def test_the_last_words_of_the_process_before_are_no_failure_of_the_next(folder: Path) -> None:
    model = stand(folder, pid=0)
    model.with_suffix(".log").write_text("$ patina train\npatina: stopped\n")
    assert "Starting" in draw().texts
    model.with_suffix(".log").write_text(
        "$ patina train\npatina: stopped\npatina: The exemplar is empty: add frames.\n"
    )
    assert "The exemplar is empty: add frames." in draw().texts


def test_a_failure_shows_its_sentence_once(folder: Path) -> None:
    stand(folder, state="failed", message="The footage has one frame: use two or more.")
    layout = draw()
    assert layout.text.count("The footage has one frame: use two or more.") == 1
    assert "patina.train_resume" in layout.operators


def test_the_last_words_of_a_crash_are_shown(folder: Path) -> None:
    model = stand(folder)
    model.with_suffix(".log").write_text("Traceback (most recent call last):\nMemoryError: 3 GiB\n")
    layout = draw()
    assert "Interrupted at step 1,200" in layout.text
    assert "MemoryError: 3 GiB" in layout.text


def test_a_done_training_offers_its_model_to_the_material(folder: Path) -> None:
    put_model(stand(folder, state="done", iteration=12_000, seconds=5000.0))
    new_material(set_stage())
    layout = draw()
    assert "12,000 steps in 1 h 23 min" in layout.text
    assert layout.given["patina.add_to_material"].model == "rust"
    assert "patina.train_resume" not in layout.operators
    age_stage()
    assert draw().given["patina.use_model"].model == "rust"


def test_a_stopped_training_without_a_model_offers_none(folder: Path) -> None:
    stand(folder, state="stopped")
    new_material(set_stage())
    operators = draw().operators
    assert "patina.train_resume" in operators
    assert not {"patina.use_model", "patina.add_to_material"} & set(operators)


def test_a_progress_file_that_makes_no_sense_can_be_discarded(folder: Path) -> None:
    (folder / "odd.progress.json").write_text("{}")
    layout = draw()
    assert "odd.progress.json does not say how a training stands" in layout.text
    assert layout.given["patina.train_discard"].name == "odd"
    assert "patina.train_resume" not in layout.operators
    bpy.ops.patina.train_discard(name="odd")
    assert draw().operators == ["patina.train"]


def test_those_under_way_come_first_then_the_latest(folder: Path) -> None:
    stand(folder, "old", state="done", updated=1.0)
    stand(folder, "new", state="done", updated=2.0)
    with patina("engine.files.progress").claimed(stand(folder, "now", updated=0.0)):
        assert [one.name for one in patina("scene.training.jobs").trainings()] == ["now", "new", "old"]


def test_the_picture_the_curve_and_its_numbers_are_shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand(folder, state="stopped", memory=3 << 29)
    assert draw().icons == []
    pictures = patina("scene.training.pictures")
    monkeypatch.setattr(pictures, "picture_icon", lambda training: 7)  # in the background icons have no number
    monkeypatch.setattr(pictures, "curve_icon", lambda training: 8)
    layout = draw()
    assert layout.icons == [7, 8]
    assert {"Loss 0.2500", "Began at 0.5000", "Rate 0.0005", "Spent 10 min", "Memory 1.5 GiB"} <= set(layout.texts)


def test_pictures_follow_their_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, watch = patina("scene.training.pictures"), patina("scene.training.watch")
    model = stand(folder, state="stopped")
    rows = np.concatenate([np.full((8, 64, 3), 0.25), np.full((8, 64, 3), 0.75)])  # above, below
    rows[:, 32:] += 0.125
    write_picture(model.with_suffix(".png"), rows)
    images = len(bpy.data.images)
    assert watch.tick() is None
    shown = pictures.pixels(f"picture {model}")
    assert shown.shape == (2 * 16 + 8, 32, 4)
    assert np.allclose(shown[-1, 0, :3], 0.25, atol=0.01)  # rows from the bottom: the left half comes first
    assert np.allclose(shown[0, -1, :3], 0.875, atol=0.01)
    assert len(bpy.data.images) == images
    curve = pictures.pixels(f"curve {model}")
    (training,) = patina("scene.training.jobs").trainings()
    assert pictures.are_current(training)
    write_picture(model.with_suffix(".png"), rows[::-1] / 2)
    stand(folder, state="stopped", history=((600, 0.5, 5e-4), (1200, 0.25, 5e-4), (2400, 0.5, 5e-4)))
    (training,) = patina("scene.training.jobs").trainings()
    assert not pictures.are_current(training)
    watch.tick()
    assert np.allclose(pictures.pixels(f"picture {model}")[0, 0, :3], 0.1875, atol=0.01)
    assert np.abs(pictures.pixels(f"curve {model}") - curve).max() > 0.1


def test_a_picture_that_cannot_be_read_is_not_shown(folder: Path) -> None:
    stand(folder, state="stopped").with_suffix(".png").write_bytes(b"no picture")
    patina("scene.training.watch").tick()
    assert patina("scene.training.pictures").pixels(f"picture {folder / 'rust.safetensors'}") is None


def test_the_timer_goes_on_while_something_is_trained_and_leaves_renders_alone(folder: Path) -> None:
    watch, playback = patina("scene.training.watch"), patina("scene.playback")
    model = stand(folder)
    with patina("engine.files.progress").claimed(model):
        playback.set_rendering(True)
        assert watch.tick() > 0
        assert patina("scene.training.pictures").pixels(f"curve {model}") is None
        playback.set_rendering(False)
        assert watch.tick() > 0
        assert patina("scene.training.pictures").pixels(f"curve {model}") is not None
        draw()
        assert not bpy.app.timers.is_registered(watch.tick)  # in the background none may be left behind
    assert watch.tick() is None


def test_the_curve_falls_where_the_loss_falls_and_ends_where_the_training_stands() -> None:
    curve = patina("scene.training.loss_curve")
    history = [(step, 10.0 ** (-step / 50), 5e-4) for step in range(0, 101, 10)]
    picture = curve.draw_curve(history, 200)
    assert picture.shape == (curve.SIZE, curve.SIZE, 4)
    blue = picture[..., 2] > 0.8
    heights = np.array([np.flatnonzero(column).mean() if column.any() else np.nan for column in blue.T])
    there = np.flatnonzero(~np.isnan(heights))
    assert there[0] < 15
    assert abs(there[-1] - curve.SIZE / 2) < 3  # half of the steps
    assert np.all(np.diff(heights[there]) <= 0.01)
    assert heights[there[0]] - heights[there[-1]] > 0.8 * curve.SIZE
    straight = np.interp(there, there[[3, -4]], heights[there[[3, -4]]])  # an exponential decay, drawn logarithmically
    assert np.abs(heights[there] - straight)[3:-3].max() < 2


@pytest.mark.parametrize("losses", [[], [1.0], [0.0, 0.0], [1.0, 1.0], [1e30, 1e-30]])
def test_any_losses_can_be_drawn(losses: list[float]) -> None:
    history = [(step, loss, 1e-3) for step, loss in enumerate(losses)]
    picture = patina("scene.training.loss_curve").draw_curve(history, 1)
    assert np.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 1
