"""Footage is read frame by frame, and what cannot be learned from is refused with one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import is_one_sentence
from footage import darkening_frames, write_animation, write_frames
from patina.engine.errors import InvalidExemplarError
from patina.engine.training.exemplar import Exemplar, read_exemplar
from PIL import Image

FRAMES = darkening_frames()


@pytest.mark.parametrize("suffix", [".webp", ".png"])
def test_an_animation_is_read_without_loss(suffix: str, tmp_path: Path) -> None:
    exemplar = read_exemplar(write_animation(tmp_path / f"rust{suffix}", FRAMES))
    assert exemplar.name == "rust" and np.array_equal(exemplar.frames, FRAMES)


def test_a_gif_is_read_with_all_its_frames(tmp_path: Path) -> None:
    exemplar = read_exemplar(write_animation(tmp_path / "rust.gif", FRAMES))
    assert exemplar.frames.shape == FRAMES.shape
    assert np.abs(exemplar.frames.astype(int) - FRAMES).mean() < 8


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    write_frames(tmp_path / "rust", FRAMES)
    (tmp_path / "rust" / "notes.txt").write_text("taken on Monday")
    assert np.array_equal(read_exemplar(tmp_path / "rust").frames, FRAMES)


def test_transparency_and_palettes_become_colour(tmp_path: Path) -> None:
    (tmp_path / "mixed").mkdir()
    Image.fromarray(FRAMES[0]).convert("RGBA").save(tmp_path / "mixed" / "a.png")
    Image.fromarray(FRAMES[1]).convert("P").save(tmp_path / "mixed" / "b.png")
    Image.fromarray(FRAMES[2]).convert("L").save(tmp_path / "mixed" / "c.png")
    assert read_exemplar(tmp_path / "mixed").frames.shape == (3, 24, 24, 3)


def test_the_frame_at_an_age_is_the_nearest() -> None:
    exemplar = Exemplar("five", FRAMES, np.linspace(0, 1, len(FRAMES)))
    assert [exemplar.index_at(age) for age in (0, 0.12, 0.13, 0.5, 0.88, 1)] == [0, 0, 1, 2, 4, 4]


def _two_sizes(folder: Path) -> Path:
    write_frames(folder / "odd", FRAMES)
    Image.fromarray(FRAMES[0][:20]).save(folder / "odd" / "frame_002.png")
    return folder / "odd"


def _with_text(folder: Path) -> Path:
    write_frames(folder / "odd", FRAMES)
    (folder / "odd" / "frame_002.png").write_text("no picture")
    return folder / "odd"


def _cut(folder: Path) -> Path:
    write_frames(folder / "odd", FRAMES)
    path = folder / "odd" / "frame_002.png"
    path.write_bytes(path.read_bytes()[:200])
    return folder / "odd"


def _file(content: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / "odd.webp").write_bytes(content)
        return folder / "odd.webp"

    return write


def _empty_folder(folder: Path) -> Path:
    (folder / "odd").mkdir()
    return folder / "odd"


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (lambda folder: folder / "odd", "There is no file or folder"),
        (_empty_folder, r"odd has 0 frame\(s\)"),
        (lambda folder: write_frames(folder / "odd", FRAMES[:1]), r"odd has 1 frame\(s\)"),
        (lambda folder: write_animation(folder / "odd.webp", FRAMES[:1]), r"odd.webp has 1 frame\(s\)"),
        (_two_sizes, r"different sizes \(24 x 20, 24 x 24\)"),
        (_with_text, "frame_002.png cannot be read"),
        (_cut, "frame_002.png cannot be read"),
        (_file(b""), "odd.webp cannot be read"),
        (_file(b"no footage at all"), "odd.webp cannot be read"),
        (_file(b"RIFF\x10\x00\x00\x00WEBPVP8X"), "odd.webp cannot be read"),
        (lambda folder: write_frames(folder / "odd", FRAMES[:, :12, :12]), "only 12 x 12"),
    ],
    ids=["missing", "empty", "one", "still", "sizes", "text", "cut", "nothing", "prose", "stub", "small"],
)
def test_footage_that_cannot_be_learned_from_is_refused(
    make: Callable[[Path], Path], culprit: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidExemplarError, match=culprit) as caught:
        read_exemplar(make(tmp_path))
    assert is_one_sentence(str(caught.value))


def test_an_animation_that_breaks_off_is_refused(tmp_path: Path) -> None:
    path = write_animation(tmp_path / "odd.webp", darkening_frames(extent=64))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InvalidExemplarError, match=r"odd.webp cannot be read"):
        read_exemplar(path)
