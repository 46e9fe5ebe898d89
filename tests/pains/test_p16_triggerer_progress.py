"""P16: a triggerer is well while its loops come round, not while a thread still beats; no trigger harms another."""

from __future__ import annotations

import msgspec
import pytest

from tradewind.domain.messages import TriggerFailed, TriggerFired

pytestmark = pytest.mark.timeout(120)


def test_one_bad_order_does_not_hold_up_those_that_came_with_it(triggerer, tmp_path) -> None:
    gates = [triggerer.order("Gate", number, path=str(tmp_path / f"open{number}")) for number in range(5)]
    unknown = msgspec.structs.replace(triggerer.order("Gate", 9), attempt_id="bad", trigger="mine.NoSuchClass")
    garbled = msgspec.structs.replace(triggerer.order("Gate", 8), attempt_id="worse", kwargs="{not json")
    triggerer.triggers.watch([unknown, *gates[:2], garbled, *gates[2:]])
    for number in range(5):
        (tmp_path / f"open{number}").touch()
    for gate in gates:
        assert isinstance(triggerer.event(gate), TriggerFired)
    for bad in (unknown, garbled):
        assert isinstance(triggerer.event(bad), TriggerFailed)


def test_a_loop_that_is_held_up_shows_in_the_health_and_the_others_fire_meanwhile(triggerer, tmp_path) -> None:
    blocker = triggerer.order("Blocker", path=str(tmp_path / "end"))
    gate = triggerer.order("Gate", path=str(tmp_path / "open"))
    triggerer.triggers.watch([blocker, gate])
    (tmp_path / "open").touch()
    assert isinstance(triggerer.event(gate), TriggerFired)
    health = triggerer.until(
        "the health names who holds the loop up",
        lambda: h if (h := triggerer.triggers.health()) is not None and h.blocked else None,
    )
    assert any("Blocker" in name for name in health.blocked)
    (tmp_path / "end").touch()
    assert isinstance(triggerer.event(blocker), TriggerFired)
