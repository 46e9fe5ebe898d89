"""``EmptyOperator``: does nothing; costs no worker."""

from __future__ import annotations

from typing import Any

from tradewind.sdk.base_operator import BaseOperator


class EmptyOperator(BaseOperator):
    """A placeholder. Without callbacks or outlets it succeeds with no process."""

    ui_color = "#e8f7e4"
    inherits_from_empty_operator = True

    def execute(self, context: Any) -> None:
        """Do nothing."""


#: The name before 2.4.
DummyOperator = EmptyOperator
