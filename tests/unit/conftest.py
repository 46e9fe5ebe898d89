"""Unit tests begin with a process that knows nothing: no client, no home, no secrets of tests that ran before."""

from __future__ import annotations

import pytest

from tradewind.sdk import current, masking


@pytest.fixture(autouse=True)
def fresh_process() -> None:
    """What verbs and tasks that ran in this process before have left behind is forgotten."""
    current.set_client(None)
    current.ask_home_again()
    masking.forget()
