"""Known holes in what the engine's environment gets: every package, as its version is pinned, asked of public services.

.venv/bin/python -m scripts.audit PIP_AUDIT REQUIREMENTS...

Asks one service after another until each package has an answer, and says who answered. Exit 1 where a hole is known, 2
where some package has no answer: an audit that could not be made is none that was passed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

SERVICES = {"osv": "osv.dev", "pypi": "the package index", "esms": "ecosyste.ms"}


@dataclass
class Findings:
    """clean: {package and version: who answered}. holes: sentences. unanswered: packages of which nobody knew.
    troubles: why a service gave no answer at all, by its name."""

    clean: dict[str, str] = field(default_factory=dict)
    holes: list[str] = field(default_factory=list)
    unanswered: set[str] = field(default_factory=set)
    troubles: dict[str, str] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether somebody answered for every package."""
        return bool(self.clean or self.holes) and not self.unanswered

    def take(self, service: str, report: dict[str, Any]) -> None:
        """Take in what pip-audit reports, as its --format=json has it."""
        for package in report["dependencies"]:
            name = package["name"]
            if "skip_reason" in package:
                if name not in {known.partition(" ")[0] for known in (*self.clean, *self.holes)}:
                    self.unanswered.add(name)
                continue
            self.unanswered.discard(name)
            named = f"{name} {package['version']}"
            if package["vulns"]:
                for hole in package["vulns"]:
                    mended = ", ".join(hole["fix_versions"]) or "no version yet"
                    self.holes.append(f"{named}: {hole['id']}, mended in {mended} ({service})")
            else:
                self.clean[named] = service


def ask(command: Sequence[str]) -> dict[str, Any] | str:
    """pip-audit's report; or why there is none."""
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        report: dict[str, Any] = json.loads(done.stdout)
        return report
    except ValueError:
        words = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        return words[-1][:300] if words else f"pip-audit ended with {done.returncode}"


def audit(ask_service: Callable[[str], dict[str, Any] | str]) -> Findings:
    """Ask the services in turn, until all is known."""
    findings = Findings()
    for service in SERVICES:
        answer = ask_service(service)
        if isinstance(answer, str):
            findings.troubles[service] = answer
        else:
            findings.take(service, answer)
        if findings.is_complete:
            break
    return findings


def tell(findings: Findings) -> int:
    """Print what was found; the exit status."""
    for package, service in sorted(findings.clean.items()):
        print(f"{package}: no known hole ({SERVICES[service]})")
    for service, trouble in findings.troubles.items():
        print(f"audit: {SERVICES[service]} could not be asked: {trouble}", file=sys.stderr)
    for hole in findings.holes:
        print(f"audit: {hole}", file=sys.stderr)
    if findings.unanswered:
        names = ", ".join(sorted(findings.unanswered))
        print(f"audit: nobody could say whether these have holes: {names}", file=sys.stderr)
    if not findings.is_complete:
        print("audit: NOT AUDITED. Try again where these services can be reached.", file=sys.stderr)
        return 2
    return 1 if findings.holes else 0


def main() -> int:
    """The command."""
    program, *files = sys.argv[1:]
    options = ["--no-deps", "--disable-pip", "--format=json", "--progress-spinner=off", "--desc=off"]
    for file in files:
        options += ["-r", file]
    return tell(audit(lambda service: ask([program, "--vulnerability-service", service, *options])))


if __name__ == "__main__":
    sys.exit(main())
