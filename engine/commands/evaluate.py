"""`patina evaluate`: how far a model is from its exemplar."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from ..errors import InvalidRequestError
from ..files.whole_files import written_whole
from ..models.shipped import find_model

TEXT = "judge a model with statistics that training does not see"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a file, or the name of a shipped model")
    parser.add_argument("exemplar", metavar="EXEMPLAR", type=Path, help="what it was trained on")
    parser.add_argument("--size", type=int, default=128, help="extent of the judged states in texels (default 128)")
    parser.add_argument("--seed", type=int, default=0, help="the first of three seeds (default 0)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all figures there")
    parser.add_argument("--picture", metavar="FILE", type=Path, help="write the exemplar above the synthesis as PNG")


def run(arguments: argparse.Namespace) -> None:
    from ..channel.server import device_name
    from ..evaluation.judge import Judge, Settings
    from ..evaluation.table import as_json, side_by_side, table
    from ..evaluation.views import kind_of
    from ..maps.pictures import write_picture
    from ..models.model_file import load_model
    from ..training.exemplar import read_exemplar

    for path in (arguments.json, arguments.picture):
        if path is not None and not path.absolute().parent.is_dir():  # before the work, not after it
            raise InvalidRequestError(f"There is no folder {path.absolute().parent}", "choose another file")
    model = load_model(find_model(arguments.model))
    exemplar = read_exemplar(arguments.exemplar, kind_of(model.header))
    settings = Settings(arguments.size, tuple(range(arguments.seed, arguments.seed + 3)))
    with tempfile.TemporaryDirectory() as folder:
        judge = Judge(model, exemplar, settings, device_name(), Path(folder))
        evaluation = judge.run(_Progress())
        print("\r", " " * 40, "\r", sep="", end="", file=sys.stderr)
        print(table(evaluation))
        if arguments.json is not None:
            _write(arguments.json, as_json(evaluation))
        if arguments.picture is not None:
            write_picture(arguments.picture, side_by_side(judge.pictures(), judge.view))


class _Progress:
    """Says how much is done and how long the rest will take, at most twice a second."""

    def __init__(self) -> None:
        self.started = self.said = time.monotonic()

    def __call__(self, share: float) -> None:
        now = time.monotonic()
        if now - self.said > 0.5 and share > 0:
            left = (now - self.started) / share * (1 - share)
            print(f"\r{share:.0%} measured, {left:.0f} s left ", end="", file=sys.stderr, flush=True)
            self.said = now


def _write(path: Path, text: str) -> None:
    try:
        with written_whole(path) as beside:
            beside.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidRequestError(
            f"{path} cannot be written ({error.strerror or error})", "choose a folder that you may write to"
        ) from error
