"""Tiny packages for tests of the installation: a few bytes each, but installed by pip like any other.

The torch among them is a signpost to this environment's own, so that the environment that is made can really solve.
"""

import base64
import hashlib
import importlib.util
import os
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_TAG = "py3-none-any"


def pins() -> dict[str, str]:
    """The versions that Patina asks for."""
    lines = (ROOT / "requirements" / "engine.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if "==" in line)


def site_of_torch() -> Path | None:
    """The site-packages that has torch, where this Python has it."""
    spec = importlib.util.find_spec("torch")
    return Path(spec.origin).parent.parent if spec is not None and spec.origin is not None else None


def write_wheels(folder: Path, site: Path | None, build: str = "") -> Path:
    """All packages of the engine. site: where torch really is; a torch that breaks on import where None."""
    folder.mkdir(exist_ok=True)
    for name, version in pins().items():
        content = {f"{name}_tiny.py": f"version = {version!r}\n"}
        if name == "torch":
            content = {"torch.pth": f"{site}\n"} if site is not None else {"torch.py": "raise ImportError('hollow')\n"}
            version += build
        write_wheel(folder, name, version, content)
    return folder


def write_wheel(folder: Path, name: str, version: str, content: dict[str, str]) -> Path:
    """A wheel with these files."""
    info = f"{name}-{version}.dist-info"
    files = content | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {_TAG}\n",
    }
    rows = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
    path = folder / f"{name}-{version}-{_TAG}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name_in_wheel, text in files.items():
            archive.writestr(name_in_wheel, text)
    return path


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def only_from(folder: Path) -> dict[str, str]:
    """The variables by which pip takes packages from `folder` and nowhere else, whatever its configuration says."""
    return {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": folder.as_uri()}
