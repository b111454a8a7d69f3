"""The engine's process: reads requests from standard input, answers on standard output, and ends with its parent."""

from __future__ import annotations

import os
import queue
import sys
import threading
import traceback
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import torch

from ..atlas.make import make_atlas
from ..errors import InvalidRequestError, PatinaError, is_out_of_memory, out_of_memory
from ..lives.life_store import LifeStore
from ..lives.memory import give_back_freed_memory, keep_freed_memory
from ..maps.map_names import CHANGE, DEPARTURE
from ..maps.picture_settings import PictureSettings
from .map_buffer import write_buffer
from .protocol import LONGEST_MESSAGE, PROTOCOL, VERSION, decode, encode
from .worker import Worker, write_files

_Result = TypeVar("_Result")


class _Cancelled(Exception):
    pass


def device_name() -> str:
    """Where the ODE is solved: the first accelerator that torch offers, else the CPU."""
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    return str(accelerator) if accelerator is not None else "cpu"


class Server:
    """Works requests off one at a time; listens between two steps of a solve, and solves ahead when nobody asks."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO, worker: Worker):
        self._outgoing = outgoing
        self._worker = worker
        self._messages: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._waiting: list[dict[str, Any]] = []
        self._greeted = False
        self._has_solved = False
        self._sending = threading.Lock()
        threading.Thread(target=self._listen, args=(incoming,), daemon=True).start()

    def _listen(self, incoming: BinaryIO) -> None:
        while line := incoming.readline(LONGEST_MESSAGE + 1):
            try:
                self._messages.put(decode(line))
            except ValueError as error:  # whoever speaks like this is not our parent, or both have lost the thread
                cause = f"The engine was told what it cannot understand ({error!s:.80})"
                with suppress(OSError, ValueError):  # a parent that was killed in mid-sentence
                    self._send(type="error", id=None, cause=cause, remedy="restart Blender")
                break
        # The parent is gone. Nothing is lost by ending at once: kept lives are whole at every moment.
        os._exit(0)

    def _send(self, **message: Any) -> None:
        with self._sending:
            self._outgoing.write(encode(message))
            self._outgoing.flush()

    def _take(self, block: bool) -> bool:
        """Take one message in; False where there was none."""
        try:
            message = self._messages.get(block)
        except queue.Empty:
            return False
        if message["type"] == "cancel":
            if isinstance(message.get("id"), int):
                self._cancelled.add(message["id"])
        else:
            self._waiting.append(message)
        return True

    def run(self) -> None:
        """Serve until the parent closes the pipe."""
        ahead = False
        while True:
            if not self._waiting and not ahead and self._has_solved:
                give_back_freed_memory()
                self._has_solved = False
            if not self._waiting:
                self._take(block=not ahead)
            if self._waiting:
                ahead = self._answer(self._waiting.pop(0))
            elif ahead:
                ahead = self._solve_ahead()
                self._has_solved |= ahead

    def _solve_ahead(self) -> bool:
        try:
            return self._worker.ahead()
        except PatinaError:
            return False  # whoever asks for that age will be told
        except (MemoryError, RuntimeError, OSError) as error:
            if not is_out_of_memory(error):
                raise
        self._worker.release()
        return False

    def _answer(self, message: dict[str, Any]) -> bool:
        """Work one request off; False where it failed or nobody wants it any more."""
        number = message.get("id")
        lacks_memory = False
        try:
            if not self._greeted and message["type"] != "hello":
                raise InvalidRequestError("The engine was asked before it was greeted", "restart Blender")
            match message["type"]:
                case "hello":
                    self._greet(message)
                case "maps" | "write":
                    self._give_maps(message)
                case "atlas":
                    self._give_atlas(message)
                case other:
                    raise InvalidRequestError(f"The engine does not know the request {other[:40]!r}", "restart Blender")
            return True
        except _Cancelled:
            self._cancelled.discard(number)
            self._send(type="cancelled", id=number)
        except PatinaError as error:
            self._send(type="error", id=number, cause=error.cause, remedy=error.remedy)
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            cause = f"The engine was asked wrongly ({error!r:.200})"
            self._send(type="error", id=number, cause=cause, remedy="restart Blender")
        except (MemoryError, RuntimeError, OSError) as error:
            lacks_memory = is_out_of_memory(error)
            if not lacks_memory:
                if not isinstance(error, OSError):
                    raise
                cause = f"{error.filename or 'A file'} cannot be used ({error.strerror})"
                self._send(type="error", id=number, cause=cause, remedy="check its folder and the space on its disk")
        if lacks_memory:  # only here: what is being handled holds on to the memory that it was raised for
            self._make_room(message)
        return False

    def _make_room(self, message: dict[str, Any]) -> None:
        """Give the memory of all open lives back and try once more; then refuse, with a resolution that may do.

        The process is spent then: its allocators keep what they had, and less fits than into a new one.
        """
        self._worker.release()
        if "memory_released" not in message:
            self._waiting.insert(0, message | {"memory_released": True})
            return
        error = out_of_memory(max(message["extent"], (message.get("pictures") or {}).get("size", 0)))
        self._send(type="error", id=message["id"], cause=error.cause, remedy=error.remedy, spent=True)

    def _greet(self, message: dict[str, Any]) -> None:
        if message["protocol"] != PROTOCOL:
            raise InvalidRequestError("This engine belongs to another version of Patina", "restart Blender")
        self._greeted = True
        self._send(
            type="ready", protocol=PROTOCOL, version=VERSION, torch=torch.__version__, device=self._worker.device
        )

    def _give_maps(self, message: dict[str, Any]) -> None:
        number, age = message["id"], float(message["age"])
        name = Path(message["model"]), message["sha256"], message["seed"], message["extent"]
        life = self._worker.life(*name, draft=message.get("draft") is True)
        self._follow(number, self._worker.solve(life, age))
        maps = life.maps(age)
        if message["type"] == "maps" or CHANGE in message["files"]:
            self._follow(number, self._worker.solve_change(life))
            change = self._worker.change(life)
            maps |= {DEPARTURE: change.departure(maps)} if message["type"] == "maps" else {CHANGE: change.of(maps)}
        if message["type"] == "maps":
            write_buffer(Path(message["buffer"]), maps)
        else:
            pictures = message.get("pictures")
            write_files(message["files"], maps, PictureSettings(**pictures) if pictures is not None else None)
        self._cancelled.discard(number)
        self._send(type="done", id=number)

    def _give_atlas(self, message: dict[str, Any]) -> None:
        number, folder = message["id"], Path(message["folder"])
        life = self._worker.life(Path(message["model"]), message["sha256"], message["seed"], message["extent"])
        steps = make_atlas(life, message["count"], message["bits"], folder, message["stem"])
        result = self._follow(number, steps)
        self._cancelled.discard(number)
        self._send(type="done", id=number, result=result)

    def _follow(self, number: int, steps: Generator[tuple[int, int], None, _Result]) -> _Result:
        """Work in steps, saying how far it is and listening for a change of mind in between."""
        while True:
            try:
                done, total = next(steps)
            except StopIteration as end:
                return cast(_Result, end.value)
            self._has_solved = True
            self._send(type="progress", id=number, done=done, total=total)
            while self._take(block=False):
                pass
            if number in self._cancelled:
                raise _Cancelled


def main(outgoing: BinaryIO) -> None:
    """Serve the parent process: arguments are the folder of kept lives and its size in bytes."""
    folder, most_bytes = Path(sys.argv[1]), int(sys.argv[2])
    keep_freed_memory()
    try:
        Server(sys.stdin.buffer, outgoing, Worker(LifeStore(folder, most_bytes), device_name())).run()
    except BaseException:  # Python's own end would wait for the thread that listens, and complain of it last
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
