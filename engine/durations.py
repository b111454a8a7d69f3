"""How long something takes, in words."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Seconds for people: "40 s", "12 min", "3 h 5 min"."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
