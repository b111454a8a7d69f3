"""Where the extension's own files lie, wherever its folder is."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAUNCH = ROOT / "engine" / "launch.py"
WEIGHTS = ROOT / "weights"
REQUIREMENTS = ROOT / "requirements"
