"""`patina bench`: what playing a material costs on this machine; `patina bench train`: what learning one costs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InvalidRequestError
from ..files.whole_files import written_whole

if TYPE_CHECKING:
    from ..benchmark.rows import Row as PlayRow
    from ..training.benchmark import Row

TEXT = "measure what playing a material, or training, costs on this machine"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", choices=("play", "train"), default="play", help="(default play)")
    parser.add_argument("--short", action="store_true", help="tiny sizes: shows that it works, not how fast")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all figures there")
    play = parser.add_argument_group("play")
    play.add_argument("--model", default="rusting_steel", help="a file or a shipped model (default rusting_steel)")
    play.add_argument("--largest", action="store_true", help="take the memory of a step at 4096 x 4096, too")
    train = parser.add_argument_group("train")
    train.add_argument("--kind", choices=("rgb", "flash"), help="only this kind of exemplar (default: both)")
    train.add_argument("--exemplar", type=Path, help="footage of that kind (default: made for the purpose)")
    train.add_argument(
        "--texture",
        type=float,
        default=2.5,
        help="time is taken until `patina evaluate` finds this mean texture, in times the footage's own scatter "
        "(default 2.5)",
    )
    train.add_argument(
        "--steps",
        type=int,
        default=1200,
        help="for which so many steps are tried at most; 0: not at all (default 1200)",
    )


def run(arguments: argparse.Namespace) -> None:
    _check(arguments)
    measured = _printed(_train_lines(arguments) if arguments.what == "train" else _play_lines(arguments))
    if arguments.json is not None:
        with written_whole(arguments.json) as beside:
            beside.write_text(json.dumps([asdict(row) for row in measured], indent=1))


def _printed(lines: Iterable[tuple[str, Row | PlayRow]]) -> list[Row | PlayRow]:
    rows = []
    for line, row in lines:
        print(line, flush=True)
        rows.append(row)
    return rows


def _play_lines(arguments: argparse.Namespace) -> Iterator[tuple[str, PlayRow]]:
    from ..benchmark.lives import band_rows, evaluation_rows, life_rows
    from ..benchmark.machine import limit_rows, memory_rows
    from ..benchmark.playing import jump_rows
    from ..benchmark.rows import SHORT, Size
    from ..lives.memory import keep_freed_memory
    from ..models.model_file import load_model
    from ..models.shipped import find_model

    path = find_model(arguments.model)
    model = load_model(path)
    if not model.field.config.periodic:
        raise InvalidRequestError(f"{model.header.name} is solved in its plain form only", "choose another model")
    size = SHORT if arguments.short else Size()
    if arguments.largest:
        size = replace(size, peaks=(*size.peaks, 4096))
    print(f"{'':<30}{'form':<56}{'':>15}{'plain / it':>11}{'error':>10}")
    yield from ((_play_line(row), row) for row in memory_rows(path, size))  # while this process is small
    keep_freed_memory()
    for rows in (limit_rows(size), evaluation_rows(model, size), life_rows(model, size), jump_rows(model, path, size)):
        yield from ((_play_line(row), row) for row in rows)
    yield from ((_play_line(row), row) for row in band_rows(model, size))


def _play_line(row: PlayRow) -> str:
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    error = "" if row.error is None else f"{row.error:.1f} dB"
    return f"{row.what:<30}{row.form:<56}{row.figure():>15}{ratio:>11}{error:>10}  {row.note}"


def _train_lines(arguments: argparse.Namespace) -> Iterator[tuple[str, Row]]:
    from ..channel.server import device_name
    from ..training.benchmark import KINDS, SHORT, Size, rows
    from ..training.exemplar import read_exemplar

    exemplars = {}
    if arguments.exemplar is not None:
        exemplars[arguments.kind] = read_exemplar(arguments.exemplar, arguments.kind)
    kinds = KINDS if arguments.kind is None else (arguments.kind,)
    size = SHORT if arguments.short else replace(Size(), steps=arguments.steps)
    print(f"{'':<6} {'':<32}{'form':<38}{'':>12}{'plain / it':>12}")
    for row in rows(kinds, size, exemplars, device_name(), arguments.texture):
        yield _line(row), row


def _check(arguments: argparse.Namespace) -> None:
    if arguments.exemplar is not None and arguments.kind is None:
        raise InvalidRequestError("It is not said what kind of exemplar that is", "add --kind")
    if not arguments.texture > 0 or arguments.steps < 0:
        raise InvalidRequestError(
            f"{arguments.steps} steps to a texture of {arguments.texture:g} cannot be measured",
            "use 0 steps or more, and a texture above 0",
        )
    if arguments.json is not None and not arguments.json.absolute().parent.is_dir():  # before the work, not after it
        raise InvalidRequestError(f"There is no folder {arguments.json.absolute().parent}", "choose another file")


def _line(row: Row) -> str:
    if row.value is None:
        value = "not reached" if row.measure.startswith("until") else "not known"
    elif row.measure == "memory":
        value = f"{row.value / 1e6:.0f} MB"
    else:
        value = f"{row.value * 1e3:.0f} ms" if row.value < 10 else f"{row.value:.0f} s"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    return f"{row.kind:<6} {row.measure:<32}{row.form:<38}{value:>12}{ratio:>12}"
