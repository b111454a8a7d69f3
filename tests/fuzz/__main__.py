"""The long run: python -m tests.fuzz --models 15000 --weights 5000 --pictures 2000 --seed 0"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from .run import Case, Fuzz, Report, run


def _cases(options: argparse.Namespace) -> Iterator[Case]:
    for kind, count in (("model", options.models), ("weights", options.weights), ("picture", options.pictures)):
        yield from (Case(kind, options.seed, options.first + number) for number in range(count))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Read hostile files in a watched process")
    parser.add_argument("--models", type=int, default=15_000, help="how many mutated .safetensors")
    parser.add_argument("--weights", type=int, default=5_000, help="how many mutated .eqx")
    parser.add_argument("--pictures", type=int, default=2_000, help="how many mutated pictures and films")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first case of each kind")
    parser.add_argument("--trace-every", type=int, default=5, help="in which cases requests for memory are counted too")
    parser.add_argument("--case", help="only this one, as KIND:SEED:NUMBER; with --keep, only write its file")
    parser.add_argument("--keep", type=Path, help="where to write the file of --case")
    options = parser.parse_args()
    if options.case:
        kind, seed, number = options.case.split(":")
        cases = [Case(kind, int(seed), int(number))]
        if options.keep is not None:
            _keep(cases[0], options.keep)
            return 0
    else:
        cases = list(_cases(options))
    started = time.monotonic()
    report = run(cases, float("inf"), lambda done, report: _tell(done, len(cases), report), options.trace_every)
    print(f"\n{len(cases)} files in {time.monotonic() - started:.0f} s: {dict(report.outcomes)}")
    print(f"slowest {report.slowest:.2f} s, most memory {report.most_bytes >> 20} MiB")
    for case, what in report.failures:
        print(f"--- {case}\n{what}")
    print(f"{len(report.failures)} failures")
    return 1 if report.failures else 0


def _keep(case: Case, path: Path) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path.write_bytes(Fuzz(Path(folder)).make(case)[1])


def _tell(done: int, total: int, report: Report) -> None:
    if done % 500 == 0:
        print(f"{done} of {total}, {len(report.failures)} failures", flush=True)


if __name__ == "__main__":
    sys.exit(main())
