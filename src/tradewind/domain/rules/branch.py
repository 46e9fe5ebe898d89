"""Which tasks a branch or a short circuit skips by what it chose."""

from __future__ import annotations

from collections.abc import Sequence

from tradewind.domain.rules.views import Plan

#: XCom key under which a branch leaves what it chose to skip, so that a cleared arm is skipped again.
SKIP_KEY = "skipmixin_key"


def skipped(plan: Plan, index: int, chosen: Sequence[str] | None, *, hard: bool) -> list[str]:
    """Ids of the tasks that the task at ``index`` skips. ``chosen`` None or ["*"]: all right below it, and with
    ``hard`` everything below those, whatever their trigger rules say. Teardowns are never skipped in bulk.
    """
    everything = chosen is None or list(chosen) == ["*"]
    if everything:
        found = plan.below(index) if hard else set(plan.tasks[index].downstream)
        found = {i for i in found if not plan.tasks[i].spec.is_teardown}
    else:
        found = {plan.index[name] for name in chosen or () if name in plan.index}
        if hard:
            below = {j for i in found for j in plan.below(i)}
            found |= {j for j in below if not plan.tasks[j].spec.is_teardown}
    return sorted(plan.tasks[i].task_id for i in found)
