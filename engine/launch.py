"""Starts the engine's process. Run as a file by the interpreter that has torch, from wherever the extension lies.

launch.py LIVES BYTES         the server that Blender talks to
launch.py --command ARGS...   the command `patina ARGS...` in the background, as low in priority as it takes for the
                              computer to stay usable
launch.py --probe             tries whether this Python can be the engine, and says what it is, as one line of JSON
launch.py --environment ...   makes the engine's private environment; on Blender's own Python, which has no torch

The extension's folder is loaded under the name `patina`, whatever Blender calls it, and no folder is added to the
search path: modules of other extensions beside it stay out of reach.
"""

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import BinaryIO

PACKAGE = "patina"


def _load_package() -> None:
    root = Path(__file__).resolve().parent.parent
    spec = importlib.util.spec_from_file_location(PACKAGE, root / "__init__.py", submodule_search_locations=[str(root)])
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)


def _own_channel() -> BinaryIO:
    """Standard output for the engine alone: what a library prints goes to standard error from here on."""
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return channel


def _lacking() -> tuple[str, str] | None:
    """What the interpreter lacks, and what to do about it."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the interpreter is the user's choice
        version = sys.version.split()[0]
        return f"The engine's Python is {version}", "choose Python 3.11 or later in Patina's preferences"
    for name in ("torch", "torchdiffeq", "safetensors", "numpy", "PIL"):
        if importlib.util.find_spec(name) is None:
            return f"The engine's Python has no {name}", "choose a Python that has it in Patina's preferences"
    return None


def _channel_if_nothing_lacks() -> BinaryIO:
    channel = _own_channel()
    lacking = _lacking()
    if lacking is not None:
        cause, remedy = lacking
        channel.write(json.dumps({"type": "error", "id": None, "cause": cause, "remedy": remedy}).encode() + b"\n")
        channel.close()
        raise SystemExit(2)
    _load_package()
    return channel


def _serve() -> None:
    channel = _channel_if_nothing_lacks()
    server = importlib.import_module(f"{PACKAGE}.engine.channel.server")
    server.main(channel)


def _run_command() -> None:
    if hasattr(os, "nice"):  # elsewhere the parent says so when it starts the process
        os.nice(10)
    lacking = _lacking()
    if lacking is not None:
        print("patina: {}: {}.".format(*lacking), file=sys.stderr)
        raise SystemExit(2)
    del sys.argv[1]
    _load_package()
    raise SystemExit(importlib.import_module(f"{PACKAGE}.engine.cli").main())


def _probe() -> None:
    channel = _channel_if_nothing_lacks()
    found = importlib.import_module(f"{PACKAGE}.engine.environment.probe").probe()
    channel.write(json.dumps({"type": "probe"} | found).encode() + b"\n")
    channel.close()


def _make_environment() -> None:
    channel = _own_channel()
    del sys.argv[1]
    _load_package()
    importlib.import_module(f"{PACKAGE}.engine.environment.make").main(channel)


if __name__ == "__main__":
    if not sys.flags.safe_path:
        sys.path.pop(0)  # this file's own folder, whose modules belong to the package
    if sys.argv[1:2] == ["--command"]:
        _run_command()
    elif sys.argv[1:2] == ["--probe"]:
        _probe()
    elif sys.argv[1:2] == ["--environment"]:
        _make_environment()
    else:
        _serve()
