"""Folders and animations: times, thinning, light, and files that are not what they seem."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import is_one_sentence
from footage import darkening_frames, write_animation, write_frames
from patina.engine.errors import InvalidExemplarError
from patina.engine.training import limits, picture_files
from patina.engine.training.exemplar import read_exemplar
from PIL import Image

FRAMES = darkening_frames()


def refused(path: Path, culprit: str) -> None:
    with pytest.raises(InvalidExemplarError, match=culprit) as caught:
        read_exemplar(path)
    assert is_one_sentence(str(caught.value))


def save(frames: np.ndarray, path: Path, duration: list[int], **options: object) -> Path:
    first, *rest = (Image.fromarray(frame) for frame in frames)
    first.save(path, save_all=True, append_images=rest, duration=duration, **options)
    return path


def test_two_pictures_are_enough(tmp_path: Path) -> None:
    exemplar = read_exemplar(write_frames(tmp_path / "rust", FRAMES[[0, 4]]))
    assert np.array_equal(exemplar.frames, FRAMES[[0, 4]]) and exemplar.ages.tolist() == [0, 1]


def test_flash_photographs_are_read_as_footage_is(tmp_path: Path) -> None:
    assert np.array_equal(read_exemplar(write_frames(tmp_path / "rust", FRAMES), "flash").frames, FRAMES)


def test_the_table_orders_and_times_the_frames_of_a_folder(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "rust", FRAMES[:3])
    (folder / "times.csv").write_text("picture,day\nframe_002.png,0\nframe_000.png,1\nframe_001.png,4\n")
    exemplar = read_exemplar(folder)
    assert np.array_equal(exemplar.frames, FRAMES[[2, 0, 1]]) and exemplar.ages.tolist() == [0, 0.25, 1]


def test_a_missing_number_is_a_gap(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "rust", FRAMES)
    (folder / "frame_001.png").unlink()
    assert read_exemplar(folder).ages.tolist() == [0, 0.5, 0.75, 1]


@pytest.mark.parametrize("suffix", [".webp", ".gif", ".png"])
def test_an_animation_whose_frames_last_differently_is_timed_by_them(suffix: str, tmp_path: Path) -> None:
    """How long the last frame stays says nothing."""
    path = save(FRAMES, tmp_path / f"rust{suffix}", [40, 40, 200, 40, 2000])
    assert read_exemplar(path).ages.tolist() == [0, 0.125, 0.25, 0.875, 1]


def test_an_animation_without_durations_is_evenly_spaced(tmp_path: Path) -> None:
    path = save(FRAMES, tmp_path / "rust.gif", [0] * 5)
    assert read_exemplar(path).ages.tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_the_stand_in_picture_of_an_animated_png_is_no_frame(tmp_path: Path) -> None:
    path = save(FRAMES, tmp_path / "rust.png", [40, 80, 40, 40], default_image=True)
    exemplar = read_exemplar(path)
    assert np.array_equal(exemplar.frames, FRAMES[1:]) and exemplar.ages.tolist() == [0, 0.25, 0.75, 1]


def test_hidden_and_foreign_files_are_passed_over(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "rust", FRAMES)
    (folder / "._frame_000.png").write_bytes(b"\x00\x05\x16\x07")  # what macOS leaves on a memory card
    (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    (folder / "frame_000.xmp").write_text("<x/>")
    (folder / "rejected.png").mkdir()
    assert np.array_equal(read_exemplar(folder).frames, FRAMES)


def test_a_photograph_is_turned_upright(tmp_path: Path) -> None:
    folder = tmp_path / "rust"
    folder.mkdir()
    turned = Image.Exif()
    turned[0x0112] = 6  # turn by 90 degrees clockwise to see it
    Image.fromarray(np.rot90(FRAMES[0][:20])).save(folder / "a_0.png", exif=turned)
    Image.fromarray(FRAMES[4][:20]).save(folder / "a_1.png")
    exemplar = read_exemplar(folder)
    assert exemplar.frames.shape == (2, 20, 24, 3)
    assert np.array_equal(exemplar.frames[0], FRAMES[0][:20])


def test_grey_of_16_bits_becomes_the_same_grey(tmp_path: Path) -> None:
    folder = tmp_path / "rust"
    folder.mkdir()
    grey = FRAMES[..., 0].astype(np.uint16)
    for number, frame in enumerate(grey * 257):
        Image.fromarray(frame).save(folder / f"{number}.png")
    assert np.array_equal(read_exemplar(folder).frames, FRAMES[..., :1].repeat(3, -1))


def test_longer_footage_is_thinned_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_FRAMES", 5)
    frames = darkening_frames(count=9)
    expected = [0, 0.25, 0.5, 0.75, 1]
    for path in (write_frames(tmp_path / "rust", frames), write_animation(tmp_path / "rust.webp", frames)):
        exemplar = read_exemplar(path)
        assert np.array_equal(exemplar.frames, frames[::2]) and exemplar.ages.tolist() == expected


def test_larger_frames_are_reduced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_files, "LARGEST", 16)
    for path in (write_frames(tmp_path / "rust", FRAMES), write_animation(tmp_path / "rust.webp", FRAMES)):
        exemplar = read_exemplar(path)
        assert exemplar.frames.shape == (5, 16, 16, 3)
        assert np.abs(exemplar.frames.mean((1, 2)) - FRAMES.mean((1, 2))).max() < 2


def _black(folder: Path) -> Path:
    noise = np.random.Generator(np.random.PCG64(0)).integers(0, 8, FRAMES.shape, dtype=np.uint8)
    return write_frames(folder / "night", noise)


def _one_black(folder: Path) -> Path:
    frames = FRAMES.copy()
    frames[2] //= 64
    return write_frames(folder / "night", frames)


def _fade_in(folder: Path) -> Path:
    frames = FRAMES.copy()
    frames[0] = 0
    return write_animation(folder / "night.webp", frames)


def _folders(folder: Path) -> Path:
    write_frames(folder / "night" / "monday", FRAMES)
    return folder / "night"


def _raw(folder: Path) -> Path:
    (folder / "night").mkdir()
    for number in range(3):
        (folder / "night" / f"{number}.HEIC").write_bytes(b"ftypheic")
    return folder / "night"


def _empty(folder: Path) -> Path:
    (folder / "night").mkdir()
    return folder / "night"


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (_black, "All frames of night are black: there is nothing to learn without light"),
        (_one_black, "frame_002.png is black"),
        (_fade_in, "Frame 1 of night.webp is black"),
        (_folders, r"night has 0 frame\(s\): it holds 1 folder\(s\)"),
        (_raw, r"night has 0 frame\(s\): it holds 3 file\(s\) with .heic"),
        (_empty, r"night has 0 frame\(s\): it is empty"),
    ],
    ids=["night", "misfire", "fade", "folders", "heic", "empty"],
)
def test_footage_without_light_or_pictures_is_refused(
    make: Callable[[Path], Path], culprit: str, tmp_path: Path
) -> None:
    refused(make(tmp_path), culprit)


def test_a_dark_surface_that_is_lit_is_no_night(tmp_path: Path) -> None:
    charred = (FRAMES // 8).astype(np.uint8)
    assert np.array_equal(read_exemplar(write_frames(tmp_path / "coal", charred)).frames, charred)


def test_a_picture_of_a_billion_pixels_is_refused_unread(tmp_path: Path) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    folder = write_frames(tmp_path / "rust", FRAMES[:2])
    for side in (9_000, 32_000):
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
        (folder / "frame_002.png").write_bytes(b"\x89PNG\r\n\x1a\n" + content)
        refused(folder, "frame_002.png has more than 64 million pixels a frame: reduce it first")


def test_an_animation_of_30_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    """200 frames of one pixel each on a canvas of 8,000 x 8,000: 6 kB that would become 38 GB."""
    canvas = b"GIF89a" + struct.pack("<HHBBB", 8000, 8000, 0x80, 0, 0) + bytes([0, 0, 0, 255, 255, 255])
    frame = b"!\xf9\x04\x00\x05\x00\x00\x00," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    path = tmp_path / "bomb.gif"
    path.write_bytes(canvas + 200 * frame + b";")
    started = time.monotonic()
    refused(path, "bomb.gif holds 200 frames of 8000 x 8000, more than 8 GB when decoded")
    assert time.monotonic() - started < 20  # decoding takes minutes


def test_an_animated_png_that_breaks_off_is_refused(tmp_path: Path) -> None:
    path = write_animation(tmp_path / "odd.png", darkening_frames(extent=64))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    refused(path, "odd.png cannot be read")


def test_an_animated_png_that_promises_more_frames_is_refused(tmp_path: Path) -> None:
    path = write_animation(tmp_path / "odd.png", FRAMES)
    content = path.read_bytes()
    control = content.index(b"acTL")
    promise = b"acTL" + struct.pack(">II", 9, 0)
    path.write_bytes(content[:control] + promise + struct.pack(">I", zlib.crc32(promise)) + content[control + 16 :])
    refused(path, "odd.png cannot be read")


@pytest.mark.parametrize("missing", [1, 12, 40, 4000])
def test_a_gif_that_breaks_off_is_refused(missing: int, tmp_path: Path) -> None:
    path = write_animation(tmp_path / "odd.gif", darkening_frames(extent=64))
    path.write_bytes(path.read_bytes()[:-missing])
    refused(path, "odd.gif cannot be read")


def test_a_gif_that_ends_between_two_frames_is_refused(tmp_path: Path) -> None:
    path = write_animation(tmp_path / "odd.gif", FRAMES)
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"!\xf9\x04")])  # where the last frame begins
    refused(path, "odd.gif cannot be read: it breaks off after 4 frames")


@pytest.mark.parametrize("suffix", [".tif", ".gif"])
def test_pages_of_different_sizes_are_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"odd{suffix}"
    if suffix == ".tif":
        pages = [Image.fromarray(FRAMES[0]), Image.fromarray(FRAMES[1][:20])]
        pages[0].save(path, save_all=True, append_images=pages[1:])
    else:
        content = write_animation(path, FRAMES[:2]).read_bytes()
        left = content.rindex(b"!\xf9\x04") + 9  # of the second frame, beyond the canvas
        path.write_bytes(content[:left] + struct.pack("<H", 10) + content[left + 2 :])
    refused(path, f"odd{suffix} have different sizes")


def test_a_folder_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", denied)
    with pytest.raises(InvalidExemplarError, match=r"rust cannot be read \(Permission denied\)"):
        read_exemplar(write_frames(tmp_path / "rust", FRAMES))
