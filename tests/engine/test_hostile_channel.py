"""Between Blender and its engine: what comes in the wrong size, shape or order ends in one clear sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PATIENCE, is_one_sentence
from patina.engine.channel import child as child_module
from patina.engine.channel.client import Engine, EngineSettings, EngineState
from patina.engine.channel.jobs import MapsRequest
from patina.engine.channel.protocol import LONGEST_MESSAGE, PROTOCOL
from patina.engine.errors import PatinaError
from patina.engine.folders import LAUNCH

READY = {"type": "ready", "protocol": PROTOCOL, "version": "0", "torch": "0", "device": "cpu"}
MAPS = {"type": "maps", "model": "", "sha256": "", "seed": 0, "extent": 32, "age": 0.0, "buffer": ""}
posix_only = pytest.mark.skipif(os.name != "posix", reason="needs scripts")


def failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> str:
    """The sentence in which a job ends whose engine is `program`; it can use `say`, and `READY`."""
    impostor = tmp_path / "impostor.py"
    impostor.write_text(
        "import json, sys\n"
        f"READY = {READY!r}\n"
        "def say(**message): print(json.dumps(message), flush=True)\n"
        "sys.stdin.readline()\n"  # the greeting
        f"{program}\n"
        "sys.stdin.read()\n"
    )
    monkeypatch.setattr(child_module, "LAUNCH", impostor)
    engine = Engine(EngineSettings(Path(sys.executable), tmp_path / "lives"))
    try:
        job = engine.submit(MapsRequest(tmp_path / "model", "", 0, 32, 0.5))
        with pytest.raises(PatinaError) as caught:
            engine.wait(job, PATIENCE)
        assert engine.state is EngineState.FAILED
        assert is_one_sentence(str(caught.value)) and is_one_sentence(engine.describe())
        return str(caught.value)
    finally:
        engine.close()


@pytest.mark.parametrize(
    ("program", "culprit"),
    [
        ("say(**READY); print('x' * (1 << 21), end='', flush=True)", "has no end"),
        ("say(**READY); print('{\"type\": \"' + 'x' * (1 << 21) + '\"}', flush=True)", "has no end"),
        ("print('[' * 100_000, flush=True)", "without a bottom"),
        ("print('[1, 2]', flush=True)", "without a type"),
        ("sys.stdout.buffer.write(b'\\xff\\xfe\\0\\n'); sys.stdout.flush()", "cannot be understood"),
        ("say(type='ready')", "ready without protocol"),
        ("say(**READY | {'device': 7})", "ready without device"),
        ("say(**READY | {'protocol': 99})", "another version of Patina"),
        ("say(**READY); say(type='dance', id=1)", "unknown type dance"),
        ("say(type='done', id=1)", "out of order"),
        ("say(type='progress', id=1, done=1, total=2)", "out of order"),
        ("say(**READY); say(**READY)", "out of order"),
        ("say(**READY); say(type='progress', id=1)", "progress without done"),
        ("say(**READY); say(type='progress', id=1, done=3, total=2)", "beyond its end"),
        ("say(**READY); say(type='progress', id=1, done='3', total=None)", "progress without done"),
        ("say(**READY); say(type='error', id=1)", "error without cause"),
        ("say(**READY); say(type='error', id=None, cause='It is tired', remedy='let it sleep')", "It is tired"),
    ],
)
def test_an_engine_that_speaks_nonsense_is_one_sentence(
    program: str, culprit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert culprit in failure(tmp_path, monkeypatch, program)


def test_maps_of_another_size_than_asked_for_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "say(**READY); asked = json.loads(sys.stdin.readline()); open(asked['buffer'], 'w').close()\n"
        "say(type='done', id=asked['id'])"
    )
    assert "are not whole" in failure(tmp_path, monkeypatch, program)


def test_answers_to_what_was_never_asked_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "say(**READY); say(type='done', id=7); say(type='error', id=1, cause='Enough', remedy='stop')"
    impostor = tmp_path / "impostor.py"
    impostor.write_text(
        f"READY = {READY!r}\nimport json, sys\nsay = lambda **m: print(json.dumps(m), flush=True)\n"
        f"sys.stdin.readline(); {program}\nsys.stdin.read()\n"
    )
    monkeypatch.setattr(child_module, "LAUNCH", impostor)
    engine = Engine(EngineSettings(Path(sys.executable), tmp_path / "lives"))
    with pytest.raises(PatinaError, match="Enough"):
        engine.wait(engine.submit(MapsRequest(tmp_path / "model", "", 0, 32, 0.5)), PATIENCE)
    assert engine.state is EngineState.READY
    engine.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The engine's own process, not yet greeted."""
    command = [sys.executable, "-X", "utf8", "-u", str(LAUNCH), str(tmp_path / "lives"), str(1 << 20)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def say(server: subprocess.Popen[bytes], *lines: bytes | dict[str, object]) -> None:
    assert server.stdin is not None
    for line in lines:
        server.stdin.write(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
    server.stdin.flush()


def heard(server: subprocess.Popen[bytes]) -> dict[str, object]:
    assert server.stdout is not None
    return json.loads(server.stdout.readline())


def test_requests_before_the_greeting_are_refused_and_it_can_still_be_greeted(
    server: subprocess.Popen[bytes],
) -> None:
    say(server, {"id": 1} | MAPS, {"type": "hello", "id": 2, "protocol": PROTOCOL})
    refused = heard(server)
    assert (refused["type"], refused["id"]) == ("error", 1) and "before it was greeted" in str(refused["cause"])
    assert heard(server)["type"] == "ready"


@pytest.mark.parametrize(
    ("line", "culprit"),
    [
        (b"x" * (LONGEST_MESSAGE + 2), "more than 1048576 bytes"),
        (b"[" * 100_000 + b"\n", "without a bottom"),
        (b"hello?\n", "cannot understand"),
        (b"\xff\xfe\n", "cannot understand"),
        (b"[]\n", "without a type"),
    ],
    ids=["long", "deep", "words", "no text", "list"],
)
def test_a_parent_that_speaks_nonsense_is_told_so_and_the_process_ends(
    line: bytes, culprit: str, server: subprocess.Popen[bytes]
) -> None:
    say(server, {"type": "hello", "id": 1, "protocol": PROTOCOL})
    assert heard(server)["type"] == "ready"
    say(server, line)
    told = heard(server)
    assert (told["type"], told["id"]) == ("error", None) and culprit in str(told["cause"]) and told["remedy"]
    assert server.wait(PATIENCE) == 0


def test_odd_requests_are_refused_and_the_process_goes_on(
    server: subprocess.Popen[bytes], tiny_path: Path, tmp_path: Path
) -> None:
    say(server, {"type": "hello", "id": 0, "protocol": PROTOCOL})
    assert heard(server)["type"] == "ready"
    good = MAPS | {"model": str(tiny_path)}
    odd: list[dict[str, object]] = [
        {"age": 10**400},
        {"age": None},
        {"seed": 2**70},
        {"extent": True},
        {"extent": 1e300},
        {"extent": [32]},
        {"model": 5},
        {"model": "a\0b"},
        {"buffer": str(tmp_path)},
        {"buffer": str(tmp_path / "none")},
        {"type": "write", "files": {"height": str(tmp_path / "none" / "x.png")}},
        {"type": "write", "files": [1]},
        {"type": "dance"},
    ]
    say(server, {"type": "cancel"}, {"type": "cancel", "id": [1]}, {"type": "cancel", "id": None})
    for number, change in enumerate(odd, start=1):
        say(server, good | {"id": number} | change)
        answer = heard(server)
        while answer["type"] == "progress":
            answer = heard(server)
        assert (answer["type"], answer["id"]) == ("error", number), change
        assert is_one_sentence(f"{answer['cause']}: {answer['remedy']}."), change
    say(server, {"type": "hello", "id": 99, "protocol": PROTOCOL})
    assert heard(server)["type"] == "ready"
