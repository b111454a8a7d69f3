"""What this machine can do at most, and how much memory a solve takes: in processes of their own where that matters."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import torch

from ..lives.arithmetic import EXACT, velocity_of
from ..lives.memory import keep_freed_memory
from ..lives.solver import step
from ..models.model_file import load_model
from ..training.memory import peak_memory
from .lives import arithmetics
from .rows import Row, Size, Work, seconds


def limit_rows(size: Size) -> Iterator[Row]:
    """Arithmetic of a large matrix product, and bytes moved by a large copy."""
    operations = 2 * size.matrix**3
    for name in arithmetics():
        a, b = torch.randn((2, size.matrix, size.matrix)).to(getattr(torch, name))
        value = _least(partial(torch.matmul, a, b))
        yield Row("limit of this machine", f"matrix product in {name}", operations / value, "FLOP/s")
    source = torch.zeros(size.matrix * size.matrix * 8)
    target = torch.empty_like(source)
    value = _least(partial(target.copy_, source))
    yield Row("limit of this machine", "copy, read and written", 2 * source.nbytes / value, "bytes/s")


def _least(work: Work) -> float:
    """The least of several times: what disturbs a machine is no part of its limit."""
    return min(seconds(work) for _ in range(12))


def memory_rows(path: Path, size: Size) -> Iterator[Row]:
    """Bytes at most of a whole process that makes one step of a life."""
    for extent in size.peaks:
        # A process of its own: a system tells a process's peak, and never forgets it.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            peak = pool.submit(_peak, path, extent, torch.get_num_threads()).result()
        if peak:
            yield Row("memory of the engine", "one step, float32", peak, "bytes", note=f"{extent} x {extent}")


def _peak(path: Path, extent: int, threads: int) -> int:
    torch.set_num_threads(threads)
    keep_freed_memory()
    model = load_model(path)
    x = torch.randn((1, model.field.config.channels, extent, extent))
    with torch.inference_mode():
        step(velocity_of(model.field, EXACT, "cpu", extent), x, 0.0, 0.1, model.grid.method)
    return peak_memory("cpu")
