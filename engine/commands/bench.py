"""`patina bench train`: what training costs beside its plain form."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InvalidRequestError
from ..files.whole_files import written_whole

if TYPE_CHECKING:
    from ..training.benchmark import Row

TEXT = "measure what training costs on this machine"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("train",), help="what is measured")
    parser.add_argument("--short", action="store_true", help="tiny sizes: shows that it works, not how fast")
    parser.add_argument("--kind", choices=("rgb", "flash"), help="only this kind of exemplar (default: both)")
    parser.add_argument("--exemplar", type=Path, help="footage of that kind (default: made for the purpose)")
    parser.add_argument(
        "--threshold",
        type=float,
        default=0.5,
        help="time is taken until the loss falls to this share of the first (default 0.5)",
    )
    parser.add_argument(
        "--steps",
        type=int,
        default=1200,
        help="for which so many steps are tried at most; 0: not at all (default 1200)",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all figures there")


def run(arguments: argparse.Namespace) -> None:
    from dataclasses import replace

    from ..channel.server import device_name
    from ..training.benchmark import KINDS, SHORT, Size, rows
    from ..training.exemplar import read_exemplar

    _check(arguments)
    exemplars = {}
    if arguments.exemplar is not None:
        exemplars[arguments.kind] = read_exemplar(arguments.exemplar, arguments.kind)
    kinds = KINDS if arguments.kind is None else (arguments.kind,)
    size = SHORT if arguments.short else replace(Size(), steps=arguments.steps)
    print(f"{'':<6} {'':<32}{'form':<38}{'':>12}{'plain / it':>12}")
    measured = []
    for row in rows(kinds, size, exemplars, device_name(), arguments.threshold):
        measured.append(row)
        print(_line(row), flush=True)
    if arguments.json is not None:
        with written_whole(arguments.json) as beside:
            beside.write_text(json.dumps([asdict(row) for row in measured], indent=1))


def _check(arguments: argparse.Namespace) -> None:
    if arguments.exemplar is not None and arguments.kind is None:
        raise InvalidRequestError("It is not said what kind of exemplar that is", "add --kind")
    if not 0 < arguments.threshold < 1 or arguments.steps < 0:
        raise InvalidRequestError(
            f"{arguments.steps} steps to {arguments.threshold:g} of the first loss cannot be measured",
            "use 0 steps or more, and a share between 0 and 1",
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
