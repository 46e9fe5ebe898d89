"""What the auditor says, and what it remembers of one task instance."""

from __future__ import annotations

from dataclasses import dataclass


class Broken(AssertionError):
    """An invariant does not hold."""


@dataclass
class Seen:
    """What the journal has told of one task instance."""

    run_pk: int
    task_id: str
    map_index: int
    state: str = "none"
    attempt: str | None = None
    tries: int = 0
    attempts: int = 0
    put_back: int = 0  #: how often an attempt was lost and the try begun again
    by_trigger: bool = False  #: its trigger ended it, without a worker
    by_hand: bool = False  #: a person moved it last
