"""Footage taken at irregular times keeps them, and times that cannot be are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import is_one_sentence
from patina.engine.errors import InvalidExemplarError
from patina.engine.training.times import ages_of, find_table, timed


def order(*names: str) -> list[tuple[str, float]]:
    return timed({name: Path(name).stem for name in names}, None)


def table(folder: Path, text: str, encoding: str = "utf-8") -> list[tuple[str, float]]:
    (folder / "times.csv").write_bytes(text.encode(encoding))
    return timed({"a.png": "a", "b.png": "b", "c.png": "c"}, find_table(folder))


def test_a_number_in_each_name_is_its_time_and_gaps_are_gaps() -> None:
    rows = order("rust_day_012.png", "rust_day_000.png", "rust_day_003.png")
    assert rows == [("rust_day_000.png", 0), ("rust_day_003.png", 3), ("rust_day_012.png", 12)]


def test_numbers_of_a_camera_give_even_times() -> None:
    rows = order(*(f"IMG_{number:04d}.JPG" for number in range(1, 101)))
    assert [time for _, time in rows] == list(range(1, 101))


def test_numbers_need_no_leading_zeros_and_may_be_fractions() -> None:
    assert [name for name, _ in order("f10.png", "f9.png", "f100.png")] == ["f9.png", "f10.png", "f100.png"]
    assert order("rust_0.75.png", "rust_0.1.png") == [("rust_0.1.png", 0.1), ("rust_0.75.png", 0.75)]


def test_a_number_that_is_the_same_in_all_names_is_no_time() -> None:
    assert order("plate2_7_4k.png", "plate2_3_4k.png") == [("plate2_3_4k.png", 3), ("plate2_7_4k.png", 7)]


def test_two_differing_numbers_say_nothing_but_an_order() -> None:
    rows = order("row2_shot1.png", "row10_shot7.png", "row1_shot30.png")
    assert rows == [("row1_shot30.png", 0), ("row2_shot1.png", 1), ("row10_shot7.png", 2)]


def test_names_without_numbers_are_evenly_spaced() -> None:
    assert order("old.png", "fresh.png") == [("fresh.png", 0), ("old.png", 1)]
    assert order("fresh.png", "rust_9.png") == [("fresh.png", 0), ("rust_9.png", 1)]


@pytest.mark.parametrize(
    ("names", "hours"),
    [
        (("IMG_20240531_235900.jpg", "IMG_20240601_005900.jpg", "IMG_20240601_125900.jpg"), [0, 1, 13]),
        (("PXL_20240228_120000123.jpg", "PXL_20240301_120000123.jpg"), [0, 48]),
        (("2023-12-31.png", "2024-01-02.png"), [0, 48]),
        (("Screenshot 2024-05-01 at 1.png", "Screenshot 2024-05-03 at 1.png"), [0, 48]),
    ],
    ids=["phone", "milliseconds", "days", "prose"],
)
def test_dates_in_names_are_times_across_the_ends_of_months(names: tuple[str, ...], hours: list[float]) -> None:
    times = [time for _, time in order(*reversed(names))]
    assert [(time - times[0]) / 3600 for time in times] == hours


def test_one_date_for_all_leaves_the_counter_as_time() -> None:
    assert [time for _, time in order("IMG-20240501-WA0003.jpg", "IMG-20240501-WA0001.jpg")] == [1, 3]


def test_a_number_that_only_looks_like_a_date_is_a_number() -> None:
    assert [time for _, time in order("f_20240231.png", "f_20240230.png")] == [20240230, 20240231]


def test_two_pictures_with_one_number_are_refused() -> None:
    with pytest.raises(InvalidExemplarError, match=r"rust_01\.png and rust_1\.png have the same number") as caught:
        order("rust_01.png", "rust_1.png", "rust_2.png")
    assert is_one_sentence(str(caught.value))


@pytest.mark.parametrize(
    "text",
    [
        "b.png,0\na.png,1\nc.png,10\n",
        "file,time\nb.png,0\na.png,1\nc.png,10",
        "\ufeffb.png, 0\r\n\r\na.png, 1\r\nc.png, 10\r\n",
        "file;hours;\nb.png;0,0;\na.png;0,5;\nc.png;5,0;\n",
        "b.png\t2024-05-01\na.png\t2024-05-02\nc.png\t2024-05-11\n",
        '"b.png","2024-05-01 10:00"\n"a.png","2024-05-01 10:06"\n"c.png","2024-05-01T11:00"\n',
    ],
    ids=["plain", "header", "spreadsheet", "decimal comma", "dates", "moments"],
)
def test_a_table_beside_the_pictures_decides(text: str, tmp_path: Path) -> None:
    rows = table(tmp_path, text)
    assert [name for name, _ in rows] == ["b.png", "a.png", "c.png"]
    assert ages_of([time for _, time in rows]) == pytest.approx([0, 0.1, 1])


def test_a_table_is_found_whatever_the_case_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "Times.CSV").write_text("a.png,0")
    assert find_table(tmp_path) == tmp_path / "Times.CSV"


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("a.png,0\nb.png,2\nc.png,1\n", "the time runs backwards at c.png"),
        ("a.png,0\nb.png,2\nc.png,2\n", "the time appears twice at c.png"),
        ("a.png,0\nb.png,2\nd.png,3\n", "names d.png, which is not there"),
        ("a.png,0\nb.png,2\n", "does not name c.png"),
        ("a.png,0\nb.png,2\nb.png,3\nc.png,4\n", "names b.png twice"),
        ("a.png,0\nb.png,soon\nc.png,4\n", "gives b.png the time 'soon'"),
        ("a.png,0\nb.png,nan\nc.png,4\n", "gives b.png the time 'nan'"),
        ("a.png,0\nb.png,1e999\nc.png,4\n", "gives b.png the time '1e999'"),
        ("a.png,0\nb.png,2,3\nc.png,4\n", r"not a name and a time \(b.png, 2, 3\)"),
        ("", "does not name a.png"),
    ],
    ids=["backwards", "twice", "absent", "unnamed", "named twice", "word", "nan", "infinite", "columns", "empty"],
)
def test_a_table_that_cannot_be_is_refused(text: str, culprit: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidExemplarError, match=culprit) as caught:
        table(tmp_path, text)
    assert is_one_sentence(str(caught.value))


def test_a_table_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidExemplarError, match="cannot be read as text"):
        table(tmp_path, "a.png,0\nb.png,1\nc.png,2", "utf-16")
    with pytest.raises(InvalidExemplarError, match="larger than a megabyte"):
        table(tmp_path, "a.png,0\n" * 200_000)


def test_ages_run_from_0_to_1_in_proportion() -> None:
    assert ages_of([10, 12, 30]).tolist() == [0, 0.1, 1]
