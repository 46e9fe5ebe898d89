"""Two schedulers with worker hosts of their own on a PostgreSQL that is restarted; killed at random for half a minute."""

from __future__ import annotations

import pytest

from tests.chaos.storm import run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.mark.spec("3/HA-01", "3/HA-02", "3/HA-04")
def test_nothing_is_lost_doubled_or_stuck() -> None:
    said: list[str] = []
    findings = run(25.0, seed=1, say=said.append)
    assert findings.good(), "\n".join([*findings.lines(), *said])
    assert findings.tasks > 20
    assert sum(findings.done.values()) > 3
