"""How far it is, at the mouse: for what is done at once, but not within the blink of an eye."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import bpy


@contextmanager
def shown_progress(context: bpy.types.Context) -> Iterator[Callable[[int], None]]:
    """Show the percentage that the function in hand is told, until the block ends."""
    manager = context.window_manager
    manager.progress_begin(0, 100)
    try:
        yield manager.progress_update
    finally:
        manager.progress_end()
