"""Buttons on the page of a task that lead elsewhere."""

from __future__ import annotations

from typing import Any


class BaseOperatorLink:
    """Subclasses give ``name`` and ``get_link(operator, ti_key=...)``."""

    name: str = ""
    operators: Any = ()

    def get_link(self, operator: Any, *, ti_key: Any = None) -> str:
        """The address; empty when there is none."""
        raise NotImplementedError


class XComOperatorLink(BaseOperatorLink):
    """Leads to the address a task pushed under a key."""

    def __init__(self, name: str, xcom_key: str) -> None:
        self.name, self.xcom_key = name, xcom_key
