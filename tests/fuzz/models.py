"""Model files that lie: in their bytes, their header, their description, their tensors."""

from __future__ import annotations

import copy
import json
import random
import struct
from collections.abc import Callable
from typing import Any

from .spoiled import spoil

_NAMES = (
    "../../../tmp/patina-fuzz",
    "/etc/passwd",
    "C:\\Windows\\win.ini",
    "a\0b",
    "__metadata__ ",
    "",
    "\ud800",
    "velocity.weight/../x",
    "x" * 5000,
    "__class__",
)
_DTYPES = ("F16", "BF16", "F64", "I64", "BOOL", "F8_E4M3", "O", "", None, 4, ["F32"], "f32", "F32 ")
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 0.5, -0.0, 1e308, 1e-320, 2**31, 2**53 + 1, 2**64, 10**400, -(2**63)),
    *("", "0", "NaN", "\0", "x" * 3000, "../../x", [], {}, [[]], [None], {"": {}}, [1] * 200, [2**62] * 4),
)


def hostile_model(content: bytes, chance: random.Random) -> bytes:
    """A mutation of the model file `content`."""
    change = chance.choice((*_CHANGES, spoil, spoil))
    spoiled = change(content, chance)
    return spoil(spoiled, chance) if chance.random() < 0.15 else spoiled


def _split(content: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def _join(header: dict[str, Any] | bytes, data: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header, ensure_ascii=True).encode()
    return struct.pack("<Q", len(text)) + text + data


def _tensor(header: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    return header[chance.choice([name for name in header if name != "__metadata__"])]


def _on_header(change: Callable[[dict[str, Any], random.Random], None]) -> Callable[[bytes, random.Random], bytes]:
    def changed(content: bytes, chance: random.Random) -> bytes:
        header, data = _split(content)
        change(header, chance)
        return _join(header, data)

    return changed


def _header_length(content: bytes, chance: random.Random) -> bytes:
    (length,) = struct.unpack("<Q", content[:8])
    lengths = (0, 1, 2, length - 1, length + 1, length + 8, len(content), len(content) - 8, 1 << 20, (1 << 20) + 1)
    huge = (1 << 31, 1 << 32, 1 << 40, 100_000_000, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
    return struct.pack("<Q", chance.choice(lengths + huge)) + content[8:]


def _shape(header: dict[str, Any], chance: random.Random) -> None:
    shape = list(_tensor(header, chance)["shape"])
    odd = (0, -1, 2**31, 2**63, 2**64, 1.0, True, "3", None, [], shape[0] + 1 if shape else 1)
    if shape and chance.random() < 0.7:
        shape[chance.randrange(len(shape))] = chance.choice(odd)
    else:
        shape = chance.choice(([], shape[::-1], [*shape, 1], [1] * 5000, [0, 2**63], [2**32, 2**32], "8", None, {}))
    _tensor(header, chance)["shape"] = shape


def _offsets(header: dict[str, Any], chance: random.Random) -> None:
    one, other = _tensor(header, chance), _tensor(header, chance)
    start, end = one["data_offsets"]
    one["data_offsets"] = chance.choice(
        (
            other["data_offsets"],  # overlap
            [end, start],
            [-4, end],
            [start - (1 << 33), end - (1 << 33)],
            [start + 4, end + 4],
            [start, 2**63],
            [2**63, 2**64],
            [start + 0.0, end],
            [start],
            [start, end, end],
            [str(start), str(end)],
            None,
            [start + (1 << 40), end + (1 << 40)],
        )
    )


def _dtype(header: dict[str, Any], chance: random.Random) -> None:
    _tensor(header, chance)["dtype"] = chance.choice(_DTYPES)


def _rename(header: dict[str, Any], chance: random.Random) -> None:
    name = chance.choice([name for name in header if name != "__metadata__"])
    header[chance.choice(_NAMES)] = header.pop(name)


def _extra(header: dict[str, Any], chance: random.Random) -> None:
    for index in range(chance.choice((1, 3, 2000))):
        name = chance.choice(_NAMES) + (str(index) if index else "")
        header[name] = chance.choice(({"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}, {}, [], 1, None))


def _value(header: dict[str, Any], chance: random.Random) -> None:
    """Any value of the header, at any depth, becomes an odd one."""
    at: Any = header
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = chance.choice(keys)
        if not isinstance(at[key], (dict, list)) or not at[key] or chance.random() < 0.3:
            at[key] = copy.deepcopy(chance.choice(_VALUES))
            return
        at = at[key]


def _description(header: dict[str, Any], chance: random.Random) -> None:
    description = json.loads(header["__metadata__"]["patina"])
    for _ in range(chance.choice((1, 1, 2, 5))):
        if not isinstance(description, dict) or not description:
            break
        match chance.randrange(4):
            case 0:
                description[chance.choice(list(description))] = copy.deepcopy(chance.choice(_VALUES))
            case 1 if isinstance(description.get("network"), dict):
                name = chance.choice(("channels", "width", "multipliers", "attention", "periodic"))
                sizes = (1, 2, 4, 64, 1024, [1], [1, 64], [1] + [64] * 7, [64] * 8, True, False)
                description["network"][name] = copy.deepcopy(chance.choice(sizes))
            case 2 if isinstance(description.get("grid"), dict):
                name = chance.choice(("warm_up_steps", "steps", "method"))
                description["grid"][name] = chance.choice((1, 10_000, 10_001, "rk4", "dopri5", "os.system", 1.5))
            case _:
                _value(description, chance)
    header["__metadata__"]["patina"] = json.dumps(description)


def _text(content: bytes, chance: random.Random) -> bytes:
    """A header that is odd as text: deep, long, with keys that stand twice, numbers that are none, bytes that are no
    text."""
    header, data = _split(content)
    text = json.dumps(header).encode()
    name = json.dumps(chance.choice(list(header))).encode()
    depth = chance.choice((500, 5000, 60_000))
    described = dict(header, __metadata__={"patina": "[" * depth + "]" * depth})
    odd = chance.choice(
        (
            text[:-1] + b", " + name + b": {}}",
            text[:-1] + b", " + name + b": " + json.dumps(header[json.loads(name)]).encode() + b"}",
            b"{" + b'"a":{' * depth + b"}" * depth + b"}",
            b"[" * depth + b"]" * depth,
            b"[" * depth,
            text[:-1] + b', "x": ' + b"[" * depth + b"]" * depth + b"}",
            text.replace(b"[", b"[NaN, ", 1),
            text.replace(b"[", b"[Infinity, ", 1),
            text.replace(b'"shape": [', b'"shape": [1e400, ', 1),
            text.replace(b'"shape": [', b'"shape": [' + b"9" * 5000 + b", ", 1),
            text.replace(b'"', b"'"),
            text.replace(b": ", b":\0", 1),
            b"\xef\xbb\xbf" + text,
            text.decode().encode("utf-16"),
            b'{"":' + b'{"":0},' * 9000 + b"}",
            b'{"a":[' + b"{}," * 60_000 + b"{}]}",
            b" " * 120_000,
            json.dumps(described).encode(),
        )
    )
    return _join(odd, data)


def _numbers(content: bytes, chance: random.Random) -> bytes:
    """Tensors with values that are no numbers, or beyond all measure; the file is honest otherwise."""
    header, data = _split(content)
    spoiled = bytearray(data)
    odd = (float("nan"), float("inf"), float("-inf"), 3.4e38, -3.4e38, 1e-42)
    for _ in range(chance.choice((1, 5, 500))):
        struct.pack_into("<f", spoiled, 4 * chance.randrange(len(spoiled) // 4), chance.choice(odd))
    return _join(header, bytes(spoiled))


_CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _header_length,
    _text,
    _numbers,
    *(_on_header(change) for change in (_shape, _offsets, _dtype, _rename, _extra, _value, _description, _description)),
)
