"""Types of command line arguments."""

from __future__ import annotations

import argparse


def ages(text: str) -> list[float]:
    """Ages from "0,0.5,1"."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = [-1.0]
    if not all(0 <= value <= 1 for value in values):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of ages between 0 and 1, such as 0,0.5,1")
    return values


def fresh_to_aged(text: str) -> tuple[float, float]:
    """A fresh and an aged value from "0.4,0.85"."""
    values = ages(text)
    if len(values) != 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a fresh and an aged value between 0 and 1, such as 0.4,0.85")
    return values[0], values[1]


def gains(text: str) -> tuple[float, ...]:
    """Three factors from "1,1.05,0.8"; whether they balance a white is for who multiplies by them to say."""
    return _numbers(text, 3, "what red, green and blue are multiplied by, as 1,1.05,0.8")


def region(text: str) -> tuple[float, ...]:
    """Four shares from "0.5,0,1,1"; whether they are a part of a picture is for who cuts it to say."""
    return _numbers(text, 4, "left, top, right and bottom from 0 to 1, such as 0.5,0,1,1")


def rising(text: str) -> tuple[float, float]:
    """Two rising distances from "0.28,0.65"."""
    try:
        least, most = (float(part) for part in text.split(","))
    except ValueError:
        least = most = 0.0
    if not 0 <= least < most <= 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not two rising numbers between 0 and 2, such as 0.28,0.65")
    return least, most


def _numbers(text: str, count: int, meaning: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) != count:
        raise argparse.ArgumentTypeError(f"{text!r} is not {meaning}")
    return values
