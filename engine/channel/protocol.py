"""How Blender's side and the engine's process talk: JSON objects, one a line, over the child's input and output.

Only the parent holds the other ends of these pipes, so nobody else can speak to the engine. Maps do not travel in
messages: the parent names a file of its own in a temporary folder, and the child writes float32 maps there, one behind
the other in the order of `map_names.MAPS`, then the departure (see `maps.change`).

    parent                                           child
    hello  {protocol}                                ready   {protocol, version, torch, device}
    maps   {id, model, sha256, seed, extent, age,    progress {id, done, total}
            buffer, draft}                           done    {id}
    write  {id, ..., files: {map: path}, pictures}   cancelled {id}
    atlas  {id, model, sha256, seed, extent, age,    done    {id, result}   (see `atlas.make_atlas`)
            count, bits, folder, stem}
    cancel {id}                                      error   {id, cause, remedy}   (id null: the process gives up;
                                                             spent: another process has more memory)
"""

from __future__ import annotations

import json
from typing import Any

PROTOCOL = 2
VERSION = "0.1.0"
LONGEST_MESSAGE = 1 << 20  # bytes


def encode(message: dict[str, Any]) -> bytes:
    """One message as a line."""
    return json.dumps(message).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """The message of a line. Raises ValueError where it is not an object with a type."""
    if len(line) > LONGEST_MESSAGE:
        raise ValueError(f"a message of more than {LONGEST_MESSAGE} bytes")
    try:
        message = json.loads(line)
    except RecursionError as error:
        raise ValueError("a message without a bottom") from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ValueError("a message without a type")
    return message


_ANSWERS: dict[str, dict[str, type]] = {
    "ready": {"protocol": int, "torch": str, "device": str},
    "progress": {"id": int, "done": int, "total": int},
    "done": {"id": int},
    "cancelled": {"id": int},
    "error": {"cause": str, "remedy": str},
}


def decode_answer(line: bytes) -> dict[str, Any]:
    """The child's message of a line. Raises ValueError where it is none, or lacks what its type has to have."""
    message = decode(line)
    fields = _ANSWERS.get(message["type"])
    if fields is None:
        raise ValueError(f"an answer of the unknown type {message['type']:.40}")
    for name, kind in fields.items():
        if type(message.get(name)) is not kind:
            raise ValueError(f"an answer {message['type']} without {name}")
    if message["type"] == "progress" and not 0 <= message["done"] <= message["total"]:
        raise ValueError("a progress beyond its end")
    return message
