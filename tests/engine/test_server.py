"""The engine's process by its messages: what makes no sense is refused politely, and the process goes on."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PATIENCE
from patina.engine.channel.child import Child
from patina.engine.channel.protocol import PROTOCOL


def answers(child: Child, count: int) -> list[dict[str, object]]:
    got: list[dict[str, object]] = []
    deadline = time.monotonic() + PATIENCE
    while len(got) < count:
        assert time.monotonic() < deadline
        got += child.receive(0.5)
    return got


def refusal(child: Child) -> dict[str, object]:
    """The first answer that does not tell how far it is."""
    answer: dict[str, object] = {"type": "progress"}
    while answer["type"] == "progress":
        answer = answers(child, 1)[-1]
    return answer


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    child = Child(Path(sys.executable), tmp_path_factory.mktemp("child"), 1 << 30)
    (ready,) = answers(child, 1)
    assert (ready["type"], ready["protocol"]) == ("ready", PROTOCOL)
    yield child
    child.end()


@pytest.mark.parametrize(
    ("message", "culprit"),
    [
        ({"type": "dance", "id": 5}, "does not know the request 'dance'"),
        ({"type": "hello", "id": 5, "protocol": PROTOCOL + 1}, "another version of Patina"),
        ({"type": "hello", "id": 5}, "asked wrongly"),
        ({"type": "maps", "id": 5}, "asked wrongly"),
    ],
)
def test_a_message_that_makes_no_sense_is_refused_politely(
    message: dict[str, object], culprit: str, child: Child
) -> None:
    child.send(**message)
    (answer,) = answers(child, 1)
    assert (answer["type"], answer["id"]) == ("error", 5)
    assert culprit in str(answer["cause"]) and answer["remedy"]


def test_a_buffer_of_another_size_is_not_written_beyond(child: Child, tiny_path: Path, tmp_path: Path) -> None:
    (tmp_path / "buffer").write_bytes(b"short")
    message = {"model": str(tiny_path), "sha256": "", "seed": 0, "extent": 32, "age": 0.0}
    child.send(type="maps", id=6, buffer=str(tmp_path / "buffer"), **message)
    answer = refusal(child)
    assert "another size" in str(answer["cause"])
    assert (tmp_path / "buffer").read_bytes() == b"short"


def test_a_map_that_does_not_exist_is_not_written(child: Child, tiny_path: Path, tmp_path: Path) -> None:
    message = {"model": str(tiny_path), "sha256": "", "seed": 0, "extent": 32, "age": 0.0}
    child.send(type="write", id=7, files={"glow": str(tmp_path / "glow.png")}, **message)
    answer = refusal(child)
    assert "no map 'glow'" in str(answer["cause"]) and not list(tmp_path.iterdir())
