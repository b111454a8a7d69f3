"""Video files: frames, times, turning, colour, thinning, and what is refused."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from conftest import is_one_sentence
from footage import darkening_frames
from patina.engine.errors import InvalidExemplarError
from patina.engine.training import video
from patina.engine.training.exemplar import read_exemplar

FRAMES = darkening_frames(count=8, extent=32)[:, :, :24]  # upright


def write_video(path: Path, frames: np.ndarray, times: list[int] | None = None, **options: str) -> Path:
    """Frames without loss; times in tenths of a second."""
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("libx264rgb", rate=10, options={"qp": "0", "bf": "0"})
        stream.pix_fmt = "rgb24"
        stream.height, stream.width = frames.shape[1:3]
        for index, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = times[index] if times else index
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def refused(path: Path, culprit: str) -> None:
    with pytest.raises(InvalidExemplarError, match=culprit) as caught:
        read_exemplar(path)
    assert is_one_sentence(str(caught.value))


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".avi", ".MP4"])
def test_a_video_is_read_frame_by_frame(suffix: str, tmp_path: Path) -> None:
    exemplar = read_exemplar(write_video(tmp_path / f"rust{suffix}", FRAMES))
    assert exemplar.name == "rust" and np.array_equal(exemplar.frames, FRAMES)
    assert exemplar.ages == pytest.approx(np.linspace(0, 1, 8), abs=1e-3)


def test_its_timestamps_are_the_times(tmp_path: Path) -> None:
    path = write_video(tmp_path / "rust.mp4", FRAMES[:4], times=[0, 1, 5, 10])
    assert read_exemplar(path).ages == pytest.approx([0, 0.1, 0.5, 1])


@pytest.mark.parametrize(("quarter_turns", "matrix"), [(1, (0, 1, -1, 0)), (2, (-1, 0, 0, -1)), (3, (0, -1, 1, 0))])
def test_a_phones_video_is_turned_upright(quarter_turns: int, matrix: tuple[int, ...], tmp_path: Path) -> None:
    """matrix: of the track header, which takes the stored picture's (x, y) to (a x + c y, b x + d y), y down."""
    path = write_video(tmp_path / "rust.mp4", np.rot90(FRAMES, quarter_turns, (1, 2)))
    content = path.read_bytes()

    def encoded(a: int, b: int, c: int, d: int) -> bytes:
        rows = (a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
        return b"".join(value.to_bytes(4, "big", signed=True) for value in rows)

    header = content.index(b"tkhd")
    place = content.index(encoded(1, 0, 0, 1), header)
    path.write_bytes(content[:place] + encoded(*matrix) + content[place + 36 :])
    assert np.array_equal(read_exemplar(path).frames, FRAMES)


@pytest.mark.parametrize("matrix", ["ITU601", "ITU709"])
def test_colours_follow_the_matrix_that_the_file_names(matrix: str, tmp_path: Path) -> None:
    """Read with the other matrix, this orange is off by 8."""
    colour = (200, 120, 40)
    path = tmp_path / "rust.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "4"})
        stream.pix_fmt, stream.width, stream.height = "yuv420p", 64, 64
        stream.codec_context.colorspace = {"ITU601": 6, "ITU709": 1}[matrix]
        for level in (1.0, 0.9):
            pixels = np.full((64, 64, 3), np.multiply(colour, level), np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace=matrix)))
        container.mux(stream.encode())
    assert np.abs(read_exemplar(path).frames[0].astype(int) - colour).max() <= 2


@pytest.mark.parametrize("count", [7, 8, 9, 20, 33])
def test_a_long_video_is_thinned_to_every_nth_frame_and_the_last(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video, "MOST_FRAMES", 8)
    frames = darkening_frames(count=count, extent=32)
    exemplar = read_exemplar(write_video(tmp_path / "rust.mp4", frames))
    numbers = (exemplar.ages * (count - 1)).round().astype(int)
    assert np.array_equal(exemplar.frames, frames[numbers])
    assert numbers[0] == 0 and numbers[-1] == count - 1 and min(4, count) <= len(numbers) <= 8
    assert len(set(np.diff(numbers[:-1]))) == 1


def test_large_frames_are_reduced_as_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "LARGEST", 18)
    exemplar = read_exemplar(write_video(tmp_path / "rust.mp4", FRAMES))
    assert exemplar.frames.shape == (8, 24, 18, 3)


def _cut(suffix: str, share: float, **options: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = write_video(folder / f"odd{suffix}", darkening_frames(count=30, extent=64), **options)
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
        return path

    return make


def _content(content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / "odd.mp4").write_bytes(content)
        return folder / "odd.mp4"

    return make


def _sound(folder: Path) -> Path:
    with av.open(str(folder / "odd.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        silence.rate = 44100
        container.mux(stream.encode(silence))
        container.mux(stream.encode())
    return folder / "odd.mp4"


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (_content(b""), "odd.mp4 cannot be read as a video"),
        (_content(b"no film at all" * 100), "odd.mp4 cannot be read as a video"),
        (_cut(".mp4", 0.6), "odd.mp4 cannot be read as a video"),
        (_cut(".mp4", 0.6, movflags="faststart"), "odd.mp4 cannot be read"),
        (_cut(".mkv", 0.6), "odd.mkv cannot be read: it breaks off after"),
        (_cut(".avi", 0.6), "odd.avi cannot be read: it breaks off after 1[0-9] of 30 frames"),
        (_sound, "odd.mp4 holds no pictures"),
        (lambda folder: write_video(folder / "odd.mp4", FRAMES[:1]), r"odd.mp4 has 1 frame\(s\)"),
        (lambda folder: write_video(folder / "odd.mp4", FRAMES * 0), "All frames of odd.mp4 are black"),
        (lambda folder: write_video(folder / "odd.mp4", FRAMES[:, :12, :12]), "only 12 x 12"),
    ],
    ids=["empty", "prose", "cut", "cut, index first", "cut mkv", "cut avi", "sound", "one", "dark", "small"],
)
def test_a_video_that_cannot_be_learned_from_is_refused(
    make: Callable[[Path], Path], culprit: str, tmp_path: Path
) -> None:
    refused(make(tmp_path), culprit)


def test_a_video_of_more_frames_than_are_decoded_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "MOST_VIDEO_FRAMES", 7)
    for suffix in (".mp4", ".mkv"):  # the latter does not state their number
        refused(write_video(tmp_path / f"rust{suffix}", FRAMES), "has more than 7 frames")


def test_a_video_of_frames_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "MOST_PIXELS", 24 * 32 - 1)
    refused(write_video(tmp_path / "rust.mp4", FRAMES), "million pixels a frame")


def test_without_the_decoder_the_error_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "rust.mp4", FRAMES)
    monkeypatch.setitem(sys.modules, "av", None)
    refused(path, "Reading rust.mp4 needs the Python package av")
