"""A life is a pure function of model, seed, extent and age, and no part of it is solved twice."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from make_tiny_model import tiny_field, tiny_header
from patina.engine.errors import InvalidRequestError
from patina.engine.lives import life as life_module
from patina.engine.lives.life import Life, LifeSettings, check_extent
from patina.engine.lives.life_store import LifeStore
from patina.engine.lives.noise import initial_noise
from patina.engine.lives.solver import Grid, solve
from patina.engine.lives.solving_field import SolvingField
from patina.engine.maps.map_names import MAPS
from patina.engine.models.model_file import Model, load_model, save_model

AGES = [0.0, 0.3, 0.3125, 0.5, 0.99, 1.0]
EXTENT = 32
STEPS = 12  # of the tiny model, warm-up included

Maps = dict[str, np.ndarray]


def open_life(model: Model, store: LifeStore, seed: int = 0, extent: int = EXTENT) -> Life:
    return Life(model, seed, extent, store, LifeSettings(), "cpu")


def same(ours: Maps, theirs: Maps) -> bool:
    return all(np.array_equal(ours[name], theirs[name]) for name in MAPS)


@pytest.fixture(scope="module")
def truth(tiny_path: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[float, Maps]:
    """The maps at every age of AGES, each from a life of its own."""
    model, folder = load_model(tiny_path), tmp_path_factory.mktemp("lives")
    return {age: open_life(model, LifeStore(folder / f"at-{age}", 1 << 30)).maps(age) for age in AGES}


@pytest.fixture
def evaluations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with each evaluation of a life's field."""
    calls: list[int] = []
    evaluate = SolvingField.__call__
    monkeypatch.setattr(SolvingField, "__call__", lambda *arguments: (calls.append(1), evaluate(*arguments))[1])
    return calls


@pytest.fixture
def often_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole state is kept after every step, as it is when steps are long."""
    monkeypatch.setattr(life_module, "_SAVING_SHARE", float("inf"))


def test_ages_differ_as_much_as_a_material_ages(truth: dict[float, Maps]) -> None:
    """Otherwise every comparison of maps below would hold for nothing."""
    assert np.abs(truth[0.0]["base_color"] - truth[1.0]["base_color"]).mean() > 0.1
    assert not same(truth[0.3], truth[0.3125])


@pytest.mark.parametrize(
    "order",
    [AGES, AGES[::-1], [0.5, 1.0, 0.0, 0.99, 0.3, 0.3125, 0.3]],
    ids=["forwards", "backwards", "jumping"],
)
def test_the_order_of_ages_changes_no_bit(
    tiny: Model, store: LifeStore, truth: dict[float, Maps], order: list[float]
) -> None:
    life = open_life(tiny, store)
    for age in order:
        assert same(life.maps(age), truth[age]), age


def test_a_life_opened_again_answers_the_same_without_solving(
    tiny: Model, store: LifeStore, truth: dict[float, Maps], evaluations: list[int]
) -> None:
    open_life(tiny, store).maps(1.0)
    assert len(evaluations) == STEPS
    again = open_life(tiny, store)
    for age in reversed(AGES):
        assert same(again.maps(age), truth[age]), age
    assert len(evaluations) == STEPS


@pytest.mark.usefixtures("often_kept")
def test_a_life_that_was_left_half_solved_goes_on_from_there(
    tiny: Model, store: LifeStore, truth: dict[float, Maps], evaluations: list[int]
) -> None:
    open_life(tiny, store).maps(0.3)
    before = len(evaluations)
    assert before == 4 + 3
    again = open_life(tiny, store)
    for age in AGES:
        assert same(again.maps(age), truth[age]), age
    assert len(evaluations) == STEPS


@pytest.mark.parametrize(("step_seconds", "kept"), [(3.0, STEPS), (0.1, 2)], ids=["disk", "slow disk"])
def test_the_state_is_kept_after_every_step_unless_the_disk_takes_longer_than_a_step(
    step_seconds: float, kept: int, tiny: Model, store: LifeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill then costs the step in hand alone. Keeping takes a second here; on the slow disk 12 steps take 1.2."""
    now, written = [0.0], []
    life = open_life(tiny, store)
    folder = type(life._folder)
    advance, write = life.advance, folder.write_state

    def step() -> None:
        now[0] += step_seconds
        advance()

    def write_state(*arguments: object) -> None:
        now[0] += 1.0
        written.append(arguments[1])
        write(*arguments)

    monkeypatch.setattr(life_module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(life, "advance", step)
    monkeypatch.setattr(folder, "write_state", write_state)
    life.observed(1.0)
    assert len(written) == kept and written[-1] == STEPS


def test_another_process_gives_the_same_maps(
    tiny_path: Path, store: LifeStore, truth: dict[float, Maps], tmp_path: Path
) -> None:
    program = (
        "import sys, numpy; from pathlib import Path\n"
        "from patina.engine.lives.life import Life, LifeSettings\n"
        "from patina.engine.lives.life_store import LifeStore\n"
        "from patina.engine.models.model_file import load_model\n"
        "life = Life(load_model(Path(sys.argv[1])), 0, int(sys.argv[2]), LifeStore(Path(sys.argv[3]), 1 << 30),"
        " LifeSettings(), 'cpu')\n"
        "numpy.savez(sys.argv[4], **life.maps(0.99))\n"
    )
    result = tmp_path / "maps.npz"
    arguments = [str(tiny_path), str(EXTENT), str(store.folder), str(result)]
    subprocess.run([sys.executable, "-c", program, *arguments], check=True)
    assert same(dict(np.load(result)), truth[0.99])


def test_a_question_asked_before_costs_no_evaluation(tiny: Model, store: LifeStore, evaluations: list[int]) -> None:
    life = open_life(tiny, store)
    life.maps(0.6)
    evaluations.clear()
    life.maps(0.6)
    life.maps(0.1)
    assert not evaluations


def test_no_more_is_solved_than_an_age_needs(tiny: Model, store: LifeStore, evaluations: list[int]) -> None:
    open_life(tiny, store).maps(0.0)
    assert len(evaluations) == 4  # the warm-up


def _flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 0x40
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "flipped bit": _flip_a_byte,
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "empty": lambda path: path.write_bytes(b""),
    "another shape": lambda path: shutil.copyfile(path.with_name("state-00012"), path),
    "deleted": Path.unlink,
}


@pytest.mark.usefixtures("often_kept")
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_lost_record_is_solved_again_to_the_same_numbers(
    damage: str, tiny: Model, store: LifeStore, truth: dict[float, Maps], evaluations: list[int]
) -> None:
    open_life(tiny, store).maps(1.0)
    (record,) = store.folder.glob("life-*/observed-00003")
    DAMAGES[damage](record)
    evaluations.clear()
    again = open_life(tiny, store)
    assert same(again.maps(0.3), truth[0.3])
    assert len(evaluations) == 4 + 3
    evaluations.clear()
    assert same(again.maps(1.0), truth[1.0])
    opened = open_life(tiny, store)
    assert same(opened.maps(0.3), truth[0.3]) and same(opened.maps(1.0), truth[1.0])
    assert not evaluations  # what came after the lost record was still there, and the record is again


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_lost_state_is_solved_again_to_the_same_numbers(
    damage: str, tiny: Model, store: LifeStore, truth: dict[float, Maps]
) -> None:
    open_life(tiny, store).maps(1.0)
    (state,) = store.folder.glob("life-*/state-00012")
    if damage == "another shape":
        shutil.copyfile(state.with_name("observed-00003"), state)
    else:
        DAMAGES[damage](state)
    again = open_life(tiny, store)
    assert all(same(again.maps(age), truth[age]) for age in AGES)


@pytest.mark.usefixtures("often_kept")
def test_a_store_deleted_in_use_costs_no_answer(
    tiny: Model, store: LifeStore, truth: dict[float, Maps], evaluations: list[int]
) -> None:
    life = open_life(tiny, store)
    life.maps(0.3)
    shutil.rmtree(store.folder)
    assert same(life.maps(1.0), truth[1.0])
    assert len(evaluations) == STEPS
    assert same(open_life(tiny, store).maps(1.0), truth[1.0])
    assert len(evaluations) == STEPS  # kept again after the folder was lost


def test_a_folder_that_cannot_be_used_costs_time_and_not_the_picture(
    tiny: Model, tmp_path: Path, truth: dict[float, Maps]
) -> None:
    (tmp_path / "file").write_text("in the way")
    life = open_life(tiny, LifeStore(tmp_path / "file", 1 << 30))
    for age in (1.0, 0.3):
        assert same(life.maps(age), truth[age])


def test_lives_larger_than_memory_allows_are_read_back(
    tiny: Model, store: LifeStore, truth: dict[float, Maps], evaluations: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life_module, "_OBSERVED_BYTES", 0)
    life = open_life(tiny, store)
    for age in [*AGES, *reversed(AGES)]:
        assert same(life.maps(age), truth[age]), age
    assert len(evaluations) == STEPS


def test_the_bytes_kept_stay_within_their_bound(tiny: Model, tmp_path: Path) -> None:
    open_life(tiny, LifeStore(tmp_path / "one", 1 << 30)).maps(1.0)
    one = sum(file.stat().st_size for file in (tmp_path / "one").glob("life-*/*"))
    store = LifeStore(tmp_path / "lives", int(2.5 * one))
    for seed in range(5):
        open_life(tiny, store, seed).maps(1.0)
        assert sum(file.stat().st_size for file in store.folder.glob("life-*/*")) <= store.most_bytes
    assert len(list(store.folder.glob("life-*"))) == 2


def test_lives_that_were_never_finished_are_bounded_too(tiny: Model, tmp_path: Path) -> None:
    open_life(tiny, LifeStore(tmp_path / "one", 1 << 30)).maps(0.8)
    one = sum(file.stat().st_size for file in (tmp_path / "one").glob("life-*/*"))
    store = LifeStore(tmp_path / "lives", int(2.5 * one))
    for seed in range(6):
        open_life(tiny, store, seed).maps(0.8)
    assert len(list(store.folder.glob("life-*"))) <= 3


def test_a_life_larger_than_the_bound_is_kept_while_it_is_in_use(
    tiny: Model, tmp_path: Path, evaluations: list[int]
) -> None:
    store = LifeStore(tmp_path / "lives", 1)
    open_life(tiny, store).maps(1.0)
    evaluations.clear()
    open_life(tiny, store).maps(1.0)
    assert not evaluations
    open_life(tiny, store, seed=1).maps(1.0)
    assert len(list(store.folder.glob("life-*"))) == 1


def test_another_seed_extent_setting_or_model_is_another_life(tiny: Model, store: LifeStore, tmp_path: Path) -> None:
    field = tiny_field()
    with torch.no_grad():
        field.velocity.bias[0] += 1e-3
    save_model(field, tiny_header(), tmp_path / "tiny.safetensors")
    other_model = load_model(tmp_path / "tiny.safetensors")
    other_grid = replace(tiny, grid=replace(tiny.grid, steps=9))
    lives = [
        open_life(tiny, store),
        open_life(tiny, store, seed=1),
        open_life(tiny, store, extent=64),
        open_life(other_model, store),
        open_life(other_grid, store),
        Life(tiny, 0, EXTENT, store, LifeSettings(kept="float32"), "cpu"),
        Life(tiny, 0, EXTENT, store, LifeSettings(arithmetic="bfloat16"), "cpu"),
    ]
    assert len({life.name for life in lives}) == len(lives)
    maps = [life.maps(0.7)["base_color"] for life in lives]
    assert all(not np.array_equal(maps[0], others) for others in maps[1:])


def test_a_life_starts_as_its_model_says(tiny_path: Path, store: LifeStore, tmp_path: Path) -> None:
    save_model(tiny_field(), tiny_header(start=(0.5, -0.5, 0.0)), tmp_path / "plain.safetensors")
    plain, noisy = load_model(tmp_path / "plain.safetensors"), load_model(tiny_path)
    lives = [open_life(model, store) for model in (plain, noisy)]
    start = torch.from_numpy(initial_noise(6, EXTENT, EXTENT, 0))[None]
    start[:, :3] = torch.tensor((0.5, -0.5, 0.0))[:, None, None]
    truth = dict(solve(plain.field, start, plain.grid))[plain.grid.warm_up_steps]
    assert np.abs(lives[0].observed(0.0).numpy() - truth[0, :3].numpy()).max() < 2e-3  # kept in float16
    assert np.abs(lives[0].maps(0.0)["base_color"] - lives[1].maps(0.0)["base_color"]).max() > 0.05


def error(model: Model, store: LifeStore, **grid: object) -> float:
    """The largest RMSE of the base colour over all ages, against RK4 with many steps in float64."""
    extent, steps = 16, 32
    field = tiny_field().double().eval()
    field.load_state_dict({name: value.double() for name, value in model.field.state_dict().items()})
    fine = Grid(model.grid.duration, model.grid.warm_up, 16, steps, "rk4")
    start = torch.from_numpy(initial_noise(6, extent, extent, 0))[None].double()
    states = dict(solve(field, start, fine))
    life = open_life(replace(model, grid=replace(fine, **grid)), store, extent=extent)
    errors = []
    for k in range(steps + 1):
        truth = model.appearance.maps(states[16 + k][0, : model.appearance.observed])["base_color"]
        errors.append(np.sqrt(np.mean((life.maps(k / steps)["base_color"] - truth) ** 2)))
    return float(max(errors))


def test_keeping_half_precision_costs_less_than_a_tenth_of_a_byte_step(tiny: Model, store: LifeStore) -> None:
    assert error(tiny, store) < 1e-4  # every age asked for is a grid time, solved as finely as the truth


def test_blending_linearly_errs_with_the_square_of_the_step(tiny: Model, store: LifeStore) -> None:
    coarse, finer = error(tiny, store, steps=2), error(tiny, store, steps=4)
    assert finer < coarse / 3
    assert finer < 1e-3


def test_the_models_own_grid_errs_less_than_a_step_of_eight_bits(tiny: Model, store: LifeStore) -> None:
    own = tiny.grid
    assert error(tiny, store, warm_up_steps=own.warm_up_steps, steps=own.steps, method=own.method) < 1 / 255


@pytest.mark.parametrize("extent", [0, -32, 8, 33, 8192])
def test_an_extent_that_the_network_cannot_have_is_refused_with_one_that_it_can(
    extent: int, tiny: Model, store: LifeStore
) -> None:
    with pytest.raises(InvalidRequestError, match=f"The resolution {extent} is not a multiple of 2") as caught:
        open_life(tiny, store, extent=extent)
    check_extent(tiny, int(caught.value.remedy.split()[-1]))
    assert not store.folder.exists()


@pytest.mark.parametrize("age", [-0.01, 1.01, math.nan, math.inf])
def test_an_age_outside_a_life_is_refused(age: float, tiny: Model, store: LifeStore) -> None:
    with pytest.raises(InvalidRequestError, match="is not between 0 and 1"):
        open_life(tiny, store).maps(age)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_that_is_none_is_refused(seed: int, tiny: Model, store: LifeStore) -> None:
    with pytest.raises(InvalidRequestError, match=f"The seed {seed}"):
        open_life(tiny, store, seed=seed)


def test_a_state_beyond_what_is_kept_is_refused_and_what_came_before_stays(tiny: Model, store: LifeStore) -> None:
    bursting = replace(tiny, grid=replace(tiny.grid, duration=1e7))
    life = open_life(bursting, store)
    fresh = life.maps(0.0)
    with pytest.raises(InvalidRequestError, match="grows beyond all numbers"):
        life.maps(1.0)
    assert same(life.maps(0.0), fresh)
