"""The engine's private environment: what pip is asked for, what it says, and how its failures read."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import is_one_sentence
from patina.engine.environment import place as environment
from patina.engine.environment.pip import Progress, Unpacking, explain
from patina.engine.environment.place import PLATFORMS, SetupError, check_room, packages, ready, remove


def test_every_package_is_pinned_and_torch_is_the_platforms_build() -> None:
    for name, platform in PLATFORMS.items():
        asked = packages(name)
        pinned = [word for word in asked if "==" in word]
        assert len(pinned) == 5
        (torch,) = (word for word in pinned if word.startswith("torch=="))
        assert torch.endswith(f"+{platform.build}") if platform.build else "+" not in torch
        assert ("--extra-index-url" in asked) == bool(platform.build)
        assert all(word.endswith(f"/{platform.build}") for word in asked if word.startswith("https:"))
        assert Path(asked[asked.index("--constraint") + 1]).is_file()


def test_progress_is_read_from_what_pip_says() -> None:
    progress = Progress()
    assert not progress.take("  Downloading https://host/torch-2.13.0%2Bcpu-cp311-cp311-linux_x86_64.whl (190.1 MB)\n")
    assert progress.doing == "Downloading torch (190.1 MB)"
    assert progress.take("Progress 100 of 1000\n") and progress.take("Progress 1000 of 1000\n")
    assert not progress.take("  Downloading pillow-13.0.0-cp311-cp311-manylinux_2_28_x86_64.whl (7.1 MB)\n")
    assert progress.take("Progress 50 of 500\n")
    assert (progress.doing, progress.bytes) == ("Downloading pillow (7.1 MB)", 1050)
    assert not progress.take("Installing collected packages: torch\n") and progress.doing == "Unpacking"


def test_unpacking_is_seen_by_what_the_disk_has_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = iter([50e9, 50e9, 48e9, 48.5e9, 40e9])
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=next(free)))
    unpacking = Unpacking(tmp_path, int(12e9))
    seen = [unpacking.look() for _ in range(4)]
    assert [text for text, _ in seen] == [f"Unpacking ({size} GB)" for size in ("0.0", "2.0", "2.0", "10.0")]
    assert [factor for _, factor in seen] == pytest.approx([0, 1 / 3, 1 / 3, 1])  # never back, never too far


@pytest.mark.parametrize(
    ("said", "culprit"),
    [
        (["ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"], "disk is full"),
        (["ERROR: No matching distribution found for torch==2.13.0+cpu"], "has no torch==2.13.0+cpu"),
        (["ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."], "arrived damaged"),
        (["ERROR: Wheel 'torch' located at /x.whl is invalid."], "package is damaged"),
        (["pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool: Read timed out."], "broke off"),
        (["ssl.SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED"], "certificate"),
        (["PermissionError: [Errno 13] Permission denied: '/x'"], "may not be written"),
        (["what", "ERROR: something else entirely", "bye"], "something else entirely"),
        ([], "no word was said"),
    ],
)
def test_a_failure_of_pip_is_one_sentence(said: list[str], culprit: str) -> None:
    sentence = str(SetupError(*explain(said, "Installing the packages")))
    assert culprit in sentence and is_one_sentence(sentence)


def record(**changes: object) -> dict[str, object]:
    texts = {"environment": "one", "python": "3.11", "torch": "2", "device": "cpu", "requirements": "x"}
    return {"format": environment.FORMAT} | texts | changes


@pytest.mark.parametrize(
    "change",
    [
        {"format": 0},
        {"environment": ""},
        {"environment": "../x"},
        {"environment": "/x"},
        {"torch": 2},
        {"device": None},
    ],
    ids=str,
)
def test_a_record_that_is_not_to_be_believed_counts_as_none(change: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / environment.READY).write_text(json.dumps(record()))
    assert ready(tmp_path) is not None and not ready(tmp_path).is_current  # type: ignore[union-attr]
    (tmp_path / environment.READY).write_text(json.dumps(record(**change)))
    assert ready(tmp_path) is None


def test_too_little_room_is_one_sentence_with_both_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_room(tmp_path, "CPU")
    usage = environment.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda _: usage._replace(free=1_500_000_000))
    with pytest.raises(SetupError, match=r"needs 12 GB .* 1\.5 GB are free") as caught:
        check_room(tmp_path, "CUDA")
    assert is_one_sentence(str(caught.value).replace(str(tmp_path), "x"))


def test_removing_takes_everything_and_nothing_is_no_error(tmp_path: Path) -> None:
    folder = tmp_path / "engine"
    (folder / "one" / "bin").mkdir(parents=True)
    (folder / environment.READY).write_text(json.dumps(record()))
    remove(folder)
    remove(folder)
    assert not folder.exists()
