"""How long something takes, in words."""

import pytest
from patina.engine.durations import duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (4.4, "4 s"),
        (89, "89 s"),
        (91, "2 min"),
        (150, "2 min"),
        (3569, "59 min"),
        (3599, "1 h 0 min"),
        (1e5, "27 h 47 min"),
    ],
)
def test_durations_are_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text
