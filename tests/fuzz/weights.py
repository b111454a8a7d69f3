"""Files of `.npy` records that lie, as the public implementation's weights might."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable

import numpy as np

from .spoiled import spoil

_MAGIC = b"\x93NUMPY"
_SHAPES = ("(99999999999,)", "(1000000, 1000000)", "(-1,)", "(2147483648, 4)", "((1,),)", "3", "[3]", "(1,) * 9", "()")
_DESCRIPTIONS = ("'|O'", "'<U1000000000'", "'|V999999999'", "'<f8'", "'<M8[D]'", "[('a', '<f4')]", "None", "'os'")
_EXPRESSIONS = ("__import__('os').system('touch hostile')", "open('hostile', 'w')", "print(1)", "lambda: 0")


def hostile_weights(content: bytes, chance: random.Random) -> bytes:
    """A mutation of the file of records `content`."""
    spoiled = chance.choice((*_CHANGES, spoil, spoil))(content, chance)
    return spoil(spoiled, chance) if chance.random() < 0.15 else spoiled


def _starts(content: bytes) -> list[int]:
    starts, start = [], content.find(_MAGIC)
    while start >= 0:
        starts.append(start)
        start = content.find(_MAGIC, start + 1)
    return starts


def _record(header: bytes, version: bytes = b"\x01\x00", length: int | None = None) -> bytes:
    size = "<H" if version[0] == 1 else "<I"
    most = (1 << 8 * struct.calcsize(size)) - 1
    return _MAGIC + version + struct.pack(size, min(most, len(header) if length is None else length)) + header


def _with_header(content: bytes, chance: random.Random, header: bytes) -> bytes:
    """One record's header exchanged for `header`; its numbers stay."""
    start = chance.choice(_starts(content))
    (length,) = struct.unpack_from("<H", content, start + 8)
    version = chance.choice((b"\x01\x00", b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x09\x00"))
    return content[:start] + _record(header, version) + content[start + 10 + length :]


def _shape(content: bytes, chance: random.Random) -> bytes:
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {chance.choice(_SHAPES)}, }}\n"
    return _with_header(content, chance, text.encode())


def _type(content: bytes, chance: random.Random) -> bytes:
    text = f"{{'descr': {chance.choice(_DESCRIPTIONS)}, 'fortran_order': {chance.choice(('True', '0', '1'))}, "
    return _with_header(content, chance, (text + "'shape': (4,), }\n").encode())


def _expression(content: bytes, chance: random.Random) -> bytes:
    depth = chance.choice((90, 900, 9000))
    deep = ("(" * depth + ")" * depth, "-" * depth + "1", "[" * depth, "{1:" * depth, "1" * 5000, "not " * depth)
    return _with_header(content, chance, chance.choice((*_EXPRESSIONS, *deep)).encode())


def _length(content: bytes, chance: random.Random) -> bytes:
    """A header that claims to be up to 4 GB long."""
    start = chance.choice(_starts(content))
    length = chance.choice((0, 1, 65535, 1 << 24, 1 << 31, (1 << 32) - 1))
    version = chance.choice((b"\x01\x00", b"\x02\x00", b"\x03\x00"))
    return content[:start] + _record(b"", version, length) + content[start + 10 :]


def _numbers(content: bytes, chance: random.Random) -> bytes:
    spoiled = bytearray(content)
    for _ in range(chance.choice((1, 50))):
        position = chance.randrange(len(spoiled) - 4)
        struct.pack_into("<f", spoiled, position, chance.choice((float("nan"), float("inf"), -3.4e38)))
    return bytes(spoiled)


def _records(content: bytes, chance: random.Random) -> bytes:
    """Records left out, twice, in another order, or ones that belong to nothing."""
    starts = _starts(content)
    pieces = [content[one:other] for one, other in zip(starts, [*starts[1:], len(content)], strict=True)]
    match chance.randrange(4):
        case 0:
            chance.shuffle(pieces)
        case 1:
            del pieces[chance.randrange(len(pieces))]
        case 2:
            pieces *= chance.choice((2, 20))
        case _:
            odd = io.BytesIO()
            shape = chance.choice(((), (0,), (1, 4, 3, 3), (4, 0, 3, 3), (1024, 1024, 1, 1), (1,) * 30))
            np.save(odd, np.zeros(shape, chance.choice(("f4", "i8", "?", "c16"))))
            pieces[chance.randrange(len(pieces))] = odd.getvalue()
    return b"".join(pieces)


_CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _shape,
    _type,
    _expression,
    _length,
    _numbers,
    _records,
)
