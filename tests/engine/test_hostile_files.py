"""Some hundreds of hostile files, read in a watched process: see tests/fuzz for the long run."""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import is_one_sentence
from patina.engine.errors import InvalidExemplarError, InvalidModelError
from patina.engine.models.equinox import read_equinox
from patina.engine.training.picture_files import read_colour
from patina.engine.training.video import read_video
from PIL import Image

from tests.fuzz import run as fuzz_run
from tests.fuzz.pictures import write_film
from tests.fuzz.run import Case, Fuzz, run

ROUNDS = 200  # of seven cases
SECONDS = 40.0  # at most: a crowded machine tries fewer
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the watch needs /proc")


@linux_only
def test_hostile_files_can_do_nothing_but_be_refused() -> None:
    """The seed is another on every run; that of a failure is in its words."""
    seed = random.SystemRandom().randrange(1 << 32)
    kinds = ("model", "model", "model", "weights", "weights", "picture", "picture")
    cases = (
        Case(kind, seed, 3 * number + kinds[:place].count(kind))
        for number in range(ROUNDS)
        for place, kind in enumerate(kinds)
    )
    report = run(cases, SECONDS)
    assert report.failures == []
    assert all(report.outcomes[f"{kind} refused"] for kind in kinds)


def test_a_case_is_decided_by_its_name(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "other"]
    made = []
    for folder in folders:
        folder.mkdir()
        fuzz = Fuzz(folder)
        made.append([fuzz.make(Case("model", 3, number))[1] for number in range(5)])
    assert made[0] == made[1] and len(set(made[0])) == 5


@linux_only
@pytest.mark.parametrize(
    ("deed", "complaint"),
    [
        ("open('evil', 'w')", r"open\('evil'"),
        ("open('evil', 'w').write('x')", r"died \(-25\)"),
        ("__import__('os').system('true')", r"os\.system"),
        ("bytearray(1 << 28)", "256 MiB for a file"),
        ("bytearray(1 << 33)", "MemoryError"),
        ("__import__('hashlib').pbkdf2_hmac('sha1', b'', b'', 14_000_000)", "took|hangs"),
        ("__import__('os').abort()", "died"),
        ("1 / 0", "ZeroDivisionError"),
        ("__import__('os').write(__import__('os').open('evil', 65), b'x')", r"died \(-25\)"),
    ],
)
def test_the_watch_sees_what_a_reader_must_not_do(
    deed: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that does it, in the watched process."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "from patina.engine.models import equinox\n"
        "honest = equinox.read_equinox\n"
        f"equinox.read_equinox = lambda path: {deed} if path.name == 'hostile.eqx' else honest(path)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(fuzz_run, "honest_files", only_weights)
    report = run([Case("weights", 0, 0)])
    assert re.search(complaint, " ".join(what for _, what in report.failures))


def only_weights(folder: Path) -> dict[str, list[Path]]:
    """A small set of honest files, for a process that is soon there."""
    source = fuzz_run.ROOT / "tests" / "data" / "official" / "svbrdf_tiny.eqx"
    (folder / source.name).write_bytes(source.read_bytes())
    return {"weights": [folder / source.name]}


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000), }",
        b"{'descr': '<U1000000000', 'fortran_order': False, 'shape': (4,), }",
        b"{'descr': '|O', 'fortran_order': False, 'shape': (4,), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
        b"-" * 1000 + b"1",
        b"-" * 9000 + b"1",
        b"{'a':" * 200,
    ],
    ids=["vast", "long texts", "objects", "negative", "deep", "long", "nested"],
)
def test_a_record_that_lies_is_refused_before_it_is_given_memory(header: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd.eqx"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(16))
    with pytest.raises(InvalidModelError, match=r"odd\.eqx is no sequence") as caught:
        read_equinox(path)
    assert is_one_sentence(str(caught.value))


def test_a_record_whose_description_claims_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "odd.eqx"
    path.write_bytes(b"\x93NUMPY\x02\x00" + b"\xff\xff\xff\xff" + bytes(16))
    with pytest.raises(InvalidModelError, match="4294967295 bytes"):
        read_equinox(path)


def test_a_small_file_that_claims_a_large_picture_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    Image.new("1", (8000, 8000)).save(path)
    assert path.stat().st_size < 20_000
    with pytest.raises(InvalidExemplarError, match="too few bytes for 8000 x 8000"):
        read_colour(path)


def test_a_small_film_that_claims_large_frames_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mov", "qtrle", [np.zeros((48, 64, 3), np.uint8)] * 3)
    content = path.read_bytes()
    place = content.rindex(b"rle ") + 4 + 24  # the sample entry's width and height
    assert content[place : place + 4] == bytes((0, 64, 0, 48))
    path.write_bytes(content[:place] + bytes((24, 0, 16, 0)) + content[place + 4 :])
    with pytest.raises(InvalidExemplarError, match="too few bytes"):
        read_video(path)


@pytest.mark.parametrize("name", ["rust.png", "rust.gif", "rust.tif"])
def test_postscript_under_a_pictures_name_is_handed_to_no_other_program(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "gs").write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    (tools / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    (tmp_path / name).write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\nshowpage\n")
    with pytest.raises(InvalidExemplarError, match="cannot be read as a picture"):
        read_colour(tmp_path / name)
    assert not (tmp_path / "ran").exists()
