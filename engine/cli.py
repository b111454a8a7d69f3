"""The command `patina`: the engine without Blender. Exit 0, or one line of error and exit 2."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from typing import NoReturn

from .commands import bench, evaluate, import_eqx, info, synth, train
from .errors import PatinaError

_COMMANDS = {
    "info": info,
    "synth": synth,
    "train": train,
    "evaluate": evaluate,
    "import-eqx": import_eqx,
    "bench": bench,
}


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; `--help` says the rest."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"patina: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="patina", description="Materials that age: synthesise, train and convert models.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module in _COMMANDS.items():
        command = commands.add_parser(name, help=module.TEXT, description=module.TEXT)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def main() -> int:
    """Run the command line; returns the exit status."""
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except PatinaError as error:
        _say(f"patina: {error}")
        return 2
    except KeyboardInterrupt:
        _say("patina: stopped")
        return 130
    return 0


def _say(line: str) -> None:
    with suppress(OSError):  # a full disk may be what it is about, and hold the log too
        print(line, file=sys.stderr, flush=True)
