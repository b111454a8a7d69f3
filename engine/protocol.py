"""How Blender's side and the engine's process talk: JSON objects, one a line, over the child's input and output.

Only the parent holds the other ends of these pipes, so nobody else can speak to the engine. Maps do not travel in
messages: the parent names a file of its own in a temporary folder, and the child writes float32 maps there, one behind
the other in the order of `map_names.MAPS`.

    parent                                           child
    hello  {protocol}                                ready   {protocol, version, torch, device}
    maps   {id, model, sha256, seed, extent, age,    progress {id, done, total}
            buffer}                                  done    {id}
    write  {id, ..., files: {map: path}, pictures}   cancelled {id}
    atlas  {id, model, sha256, seed, extent, age,    done    {id, result}   (see `atlas.make_atlas`)
            count, bits, folder, stem}
    cancel {id}                                      error   {id, cause, remedy}   (id null: the process gives up)
"""

from __future__ import annotations

import json
from typing import Any

PROTOCOL = 1
VERSION = "0.1.0"
LONGEST_MESSAGE = 1 << 20  # bytes


def encode(message: dict[str, Any]) -> bytes:
    """One message as a line."""
    return json.dumps(message).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """The message of a line. Raises ValueError where it is not an object with a type."""
    message = json.loads(line)
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ValueError("a message without a type")
    return message
