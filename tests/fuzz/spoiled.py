"""Spoiling bytes: what a bad disk, a bad download or bad intent does to any file."""

from __future__ import annotations

import random
import struct

ODD_INTEGERS = (0, 1, 2, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)


def spoil(content: bytes, chance: random.Random) -> bytes:
    """`content` after one to three accidents."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        content = chance.choice((_flip, _flip, _flip, _cut, _remove, _repeat, _insert, _zero, _number, _number))(
            content, chance
        )
    return content


def _place(content: bytes, chance: random.Random) -> int:
    """A position, more often near the start, where formats keep their headers."""
    most = len(content) if chance.random() < 0.5 else min(len(content), 256)
    return chance.randrange(most) if most else 0


def _flip(content: bytes, chance: random.Random) -> bytes:
    spoiled = bytearray(content)
    for _ in range(chance.choice((1, 2, 8, 64)) if spoiled else 0):
        spoiled[_place(content, chance)] ^= 1 << chance.randrange(8)
    return bytes(spoiled)


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: _place(content, chance)]


def _remove(content: bytes, chance: random.Random) -> bytes:
    start = _place(content, chance)
    return content[:start] + content[start + chance.choice((1, 2, 4, 100, 1000)) :]


def _repeat(content: bytes, chance: random.Random) -> bytes:
    start = _place(content, chance)
    piece = content[start : start + chance.choice((1, 4, 64, 1024))]
    return content[:start] + piece * chance.choice((2, 3, 50)) + content[start:]


def _insert(content: bytes, chance: random.Random) -> bytes:
    start = _place(content, chance)
    return content[:start] + chance.randbytes(chance.choice((1, 4, 100))) + content[start:]


def _zero(content: bytes, chance: random.Random) -> bytes:
    start, length = _place(content, chance), chance.choice((4, 16, 512))
    piece = content[start : start + length]
    return content[:start] + bytes([chance.choice((0, 255))]) * len(piece) + content[start + length :]


def _number(content: bytes, chance: random.Random) -> bytes:
    """An integer of a header becomes an odd one, in either order of bytes."""
    start = _place(content, chance)
    form = chance.choice(("<H", ">H", "<I", ">I"))
    size = struct.calcsize(form)
    number = chance.choice(ODD_INTEGERS) % (1 << 8 * size)
    return content[:start] + struct.pack(form, number) + content[start + size :]
