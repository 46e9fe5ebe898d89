"""``LoggingMixin``: gives a class ``self.log``."""

from __future__ import annotations

import logging


class LoggingMixin:
    """``self.log`` writes to the task's log when a task runs."""

    def __init__(self, context: object = None) -> None:
        """The argument is kept for old code."""

    @property
    def log(self) -> logging.Logger:
        """The logger of the class."""
        cls = type(self)
        return logging.getLogger(f"airflow.task.{cls.__module__}.{cls.__name__}")

    @classmethod
    def logger(cls) -> logging.Logger:
        """As ``log``, on the class."""
        return logging.getLogger(f"airflow.task.{cls.__module__}.{cls.__name__}")
