"""An audit that could not be made is none that was passed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.audit import SERVICES, ask, audit, tell

HOLE = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"]}


def report(**packages: Any) -> dict[str, Any]:
    """What pip-audit prints: of each package its known holes, or why it was skipped."""
    listed = []
    for name, found in packages.items():
        said = {"skip_reason": found} if isinstance(found, str) else {"version": "1.0", "vulns": found}
        listed.append({"name": name} | said)
    return {"dependencies": listed, "fixes": []}


def exit_status(*answers: dict[str, Any] | str) -> tuple[int, list[str]]:
    """The status after services have answered so, in turn, and which were asked; later ones cannot be reached."""
    given, asked = dict(zip(SERVICES, answers, strict=False)), []

    def ask_service(name: str) -> dict[str, Any] | str:
        asked.append(name)
        return given.get(name, "ConnectionError")

    return tell(audit(ask_service)), asked


def test_the_first_service_that_knows_all_is_enough(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(report(torch=[], numpy=[])) == (0, ["osv"])
    said = capsys.readouterr()
    assert "torch 1.0: no known hole (osv.dev)" in said.out and said.err == ""


def test_a_service_that_cannot_be_reached_is_named_and_the_next_one_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status("no such host", report(torch=[])) == (0, ["osv", "pypi"])
    assert "osv.dev could not be asked: no such host" in capsys.readouterr().err


def test_a_hole_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(report(torch=[HOLE], numpy=[])) == (1, ["osv"])
    assert "torch 1.0: PYSEC-2026-1, mended in 2.0" in capsys.readouterr().err


@pytest.mark.parametrize(
    "answers",
    [
        (),
        (report(),),
        (report(torch="not found"), "no such host"),
        (report(torch=[], numpy="not found"), report(torch=[], numpy="not found")),
        (report(torch=[HOLE], numpy="not found"),),
    ],
)
def test_what_nobody_could_say_is_never_a_pass(
    answers: tuple[dict[str, Any] | str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_status(*answers) == (2, list(SERVICES))
    assert "NOT AUDITED" in capsys.readouterr().err


def test_a_package_that_one_service_skips_is_audited_by_another(capsys: pytest.CaptureFixture[str]) -> None:
    status, asked = exit_status(report(torch="not found", numpy=[]), report(torch=[], numpy="not found"))
    assert (status, asked) == (0, ["osv", "pypi"])
    assert "torch 1.0: no known hole (the package index)" in capsys.readouterr().out


def test_a_program_that_prints_no_report_says_why(tmp_path: Path) -> None:
    program = "import sys; print('Traceback'); sys.exit('ConnectionError: no such host')"
    assert ask([sys.executable, "-c", program]) == "ConnectionError: no such host"
    assert ask([sys.executable, "-c", "raise SystemExit(3)"]) == "pip-audit ended with 3"
    assert ask([sys.executable, "-c", "print('{\"dependencies\": []}')"]) == {"dependencies": []}
