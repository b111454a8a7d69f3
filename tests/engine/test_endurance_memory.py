"""An engine that may take only so much memory: it says so, offers what may do, and serves on."""

from __future__ import annotations

import os
import sys
from io import BytesIO
from pathlib import Path

import pytest
from conftest import PATIENCE, is_one_sentence
from patina.engine.channel.client import Engine, EngineSettings, EngineState
from patina.engine.channel.jobs import MapsRequest
from patina.engine.channel.map_buffer import buffer_bytes
from patina.engine.channel.protocol import PROTOCOL
from patina.engine.channel.server import Server
from patina.engine.channel.worker import Worker
from patina.engine.errors import PatinaError, out_of_memory
from patina.engine.lives.life import Life
from patina.engine.lives.life_store import LifeStore


@pytest.mark.skipif(sys.platform != "linux", reason="limits the data of a process")
def test_an_engine_without_memory_offers_smaller_resolutions_until_one_fits(tmp_path: Path, tiny_path: Path) -> None:
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nulimit -d {400 << 10}\nexec {sys.executable} "$@"\n')
    script.chmod(0o755)
    engine = Engine(EngineSettings(script, tmp_path / "lives"))
    extent = 1024
    while True:
        job = engine.submit(MapsRequest(tiny_path, "", 0, extent, 0.0))
        try:
            engine.wait(job, PATIENCE)
            break
        except PatinaError as error:
            sentence = str(error)
        assert f"memory at a resolution of {extent}: choose a smaller one, such as {extent // 2}." in sentence
        assert is_one_sentence(sentence) and extent > 64 and job.attempts == 1
        extent //= 2
    assert extent < 1024 and job.maps is not None and job.attempts == 1  # no process died of it
    assert engine.state is EngineState.READY
    engine.close()


def test_a_resolution_that_is_offered_is_smaller_and_one_that_models_can_give() -> None:
    offers = {extent: str(out_of_memory(extent)).rpartition(" such as ")[2].rstrip(".") for extent in (4096, 448, 128)}
    assert offers == {4096: "2048", 448: "192", 128: "64"}
    assert "close other programs" in str(out_of_memory(64))


def test_before_it_refuses_the_engine_lets_go_of_lives_and_tries_again(
    tmp_path: Path, tiny_path: Path, store: LifeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, outgoing = Worker(store), BytesIO()
    incoming, _ = os.pipe()  # its other end stays open: at its end the server ends the process
    server = Server(os.fdopen(incoming, "rb"), outgoing, worker)
    server._answer({"type": "hello", "id": None, "protocol": PROTOCOL})
    worker.life(tiny_path, "", 1, 32)
    maps = Life.maps

    def short_of_memory(self: Life, age: float) -> dict:
        if len(worker._lives) > 1:
            raise MemoryError
        return maps(self, age)

    monkeypatch.setattr(Life, "maps", short_of_memory)
    buffer = tmp_path / "buffer"
    buffer.write_bytes(bytes(buffer_bytes(32)))
    message = {"model": str(tiny_path), "sha256": "", "seed": 2, "extent": 32, "age": 0.0, "buffer": str(buffer)}
    server._answer({"type": "maps", "id": 1} | message)
    server._answer(server._waiting.pop(0))
    assert b'"done", "id": 1' in outgoing.getvalue() and b'"error"' not in outgoing.getvalue()


def test_memory_that_is_short_while_nobody_asks_does_not_end_the_engine(
    store: LifeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(store)
    incoming, _ = os.pipe()
    server = Server(os.fdopen(incoming, "rb"), BytesIO(), worker)

    def none_left(_: Worker) -> bool:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.")

    monkeypatch.setattr(Worker, "ahead", none_left)
    assert server._solve_ahead() is False
