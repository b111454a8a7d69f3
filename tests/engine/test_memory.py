"""What a solve has freed serves the next step of it, and goes back to the system when the engine rests."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's memory")

PROGRAM = """
import resource, sys, numpy
from patina.engine.lives.memory import give_back_freed_memory, keep_freed_memory

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()

def use():
    kept = [numpy.ones(12 << 20) for _ in range(2)]  # 96 MiB each

before = resident()
if sys.argv[1] == "kept":
    assert keep_freed_memory()
use()
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
use()
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults
held = resident() - before
give_back_freed_memory()
print(faults, held, resident() - before)
"""


def figures(how: str) -> list[int]:
    """(page faults of using memory again, bytes held after it was freed, bytes after giving it back)."""
    run = subprocess.run([sys.executable, "-c", PROGRAM, how], check=True, capture_output=True, text=True)
    return [int(figure) for figure in run.stdout.split()]


def test_memory_is_kept_between_two_uses_and_given_back_when_told() -> None:
    faults, held, given_back = figures("kept")
    assert held > 150 << 20 and given_back < 50 << 20
    again, returned, _ = figures("as glibc does")
    assert returned < 50 << 20  # or there would be nothing to keep
    assert faults < again / 2
