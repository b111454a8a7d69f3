"""Relit photographs of models against those of the truth, under the flash and under lights that no model has seen.

    .venv/bin/python -m benchmarks.relight MODEL [MODEL ...] FOLDER [--seeds 3] [--json FILE] [--picture FILE.png]

MODEL: of kind flash or maps. FOLDER: a synthetic exemplar (docs/synthetic.md). Protocol and numbers: docs/relighting.md
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from patina.engine.errors import InvalidRequestError, PatinaError
from patina.engine.files.whole_files import written_whole
from patina.engine.maps.pictures import write_picture

from .relight_measures import STATISTICS
from .relight_report import side_by_side, table
from .relight_scores import Row, Scores, compare, map_averages, renderer_agreement
from .relight_subjects import Exemplar, Subject, read_synthetic, subject_of_model


def as_json(exemplar: Exemplar, agreement: dict, rows: dict[str, Row], models: list[Subject]) -> str:
    """All figures; errors as PSNR in dB, null where there is no difference at all."""

    def plain(values: list[float]) -> list[float | None]:
        return [round(value, 5) if np.isfinite(value) else None for value in values]

    def figures(scores: Scores) -> dict[str, object]:
        found: dict[str, object] = {"patch_distance": plain(scores.patches)}
        for name in STATISTICS:
            found[f"{name}_psnr"] = plain(scores.psnr_by_age(name))
            found[f"{name}_ssim"] = plain(scores.similarities[name])
        return found

    averages = {subject.name: map_averages(subject, exemplar.intensity) for subject in (exemplar.truth, *models)}
    content = {
        "format": 1,
        "material": exemplar.material,
        "ages": exemplar.ages,
        "renderer": {light: {"psnr": plain(psnr), "ssim": plain(ssim)} for light, (psnr, ssim) in agreement.items()},
        "expected": {name: {light: figures(scores) for light, scores in row.items()} for name, row in rows.items()},
        "maps": {name: {key: plain(values) for key, values in found.items()} for name, found in averages.items()},
    }
    return json.dumps(content, indent=1) + "\n"


class _Progress:
    def __init__(self) -> None:
        self.started = time.monotonic()

    def __call__(self, share: float) -> None:
        left = (time.monotonic() - self.started) / share * (1 - share)
        print(
            f"\r{share:.0%} compared, {left:.0f} s left  ", end="" if share < 1 else "\n", file=sys.stderr, flush=True
        )


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.relight", description="Relit models against the truth.")
    parser.add_argument("models", metavar="MODEL", nargs="+", help="of kind flash or maps")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="a synthetic exemplar")
    parser.add_argument("--seeds", type=int, default=3, help="textures of each model (default 3)")
    parser.add_argument("--places", type=int, default=24, help="along a side of expected photographs (default 24)")
    parser.add_argument("--spacing", type=int, default=2, help="every so many-th texel is shifted there (default 2)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all figures there")
    parser.add_argument("--picture", metavar="FILE", type=Path, help="write references above relit textures as PNG")
    arguments = parser.parse_args(argv)
    for path in (arguments.json, arguments.picture):
        if path is not None and not path.absolute().parent.is_dir():  # before the work, not after it
            raise InvalidRequestError(f"There is no folder {path.absolute().parent}", "choose another file")
    if arguments.seeds < 1 or arguments.spacing < 1 or arguments.places < 11:
        raise InvalidRequestError(
            "Too little would be compared", "ask for 1 seed and 11 places or more, spacing from 1"
        )
    return arguments


def _write(path: Path, text: str) -> None:
    try:
        with written_whole(path) as beside:
            beside.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidRequestError(
            f"{path} cannot be written ({error.strerror or error})", "choose a folder that you may write to"
        ) from error


def run(argv: list[str] | None = None) -> None:
    """Compare, print, write. Raises PatinaError."""
    arguments = _arguments(argv)
    torch.set_num_threads(1)
    exemplar = read_synthetic(arguments.folder)
    agreement = renderer_agreement(exemplar)
    models = [subject_of_model(name, exemplar, arguments.seeds) for name in arguments.models]
    names = [model.name for model in models]
    if len(set(names)) < len(names):
        raise InvalidRequestError("Two of the models have the same name", "rename one of the files")
    pieces = exemplar.other_pieces(arguments.seeds)
    with torch.inference_mode():
        rows = compare(exemplar, [pieces, *models], arguments.places, arguments.spacing, _Progress())
    print(table(exemplar, agreement, rows, [pieces, *models]))
    if arguments.json is not None:
        _write(arguments.json, as_json(exemplar, agreement, rows, models))
    if arguments.picture is not None:
        write_picture(arguments.picture, side_by_side(exemplar, models))


def main() -> int:
    """Exit 0, or one line of error and exit 2."""
    try:
        run()
    except PatinaError as error:
        print(f"benchmarks.relight: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
