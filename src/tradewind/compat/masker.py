"""``airflow.utils.log.secrets_masker`` for code that asks its classes and not only ``mask_secret`` and ``redact``."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

from tradewind.sdk import masking

DEFAULT_SENSITIVE_FIELDS = frozenset(masking._SENSITIVE)
Redactable = Any
Redacted = Any

should_hide_value_for_key = masking.is_sensitive_name


class SecretsMasker(logging.Filter):
    """One per process; it knows what ``mask_secret`` was told. As a filter it blots secrets out of log records."""

    def __init__(self) -> None:
        super().__init__()
        self.sensitive_variables_fields = list(DEFAULT_SENSITIVE_FIELDS)

    def filter(self, record: logging.LogRecord) -> bool:
        """Blot out, and let through."""
        record.msg = masking.redact(record.msg)
        record.args = masking.redact(record.args) if record.args else record.args
        return True

    def add_mask(self, secret: Any, name: str | None = None) -> None:
        """One more secret."""
        masking.register(secret, name)

    def redact(self, item: Any, name: str | None = None, max_depth: int | None = None, **_: Any) -> Any:
        """The value without secrets."""
        return masking.redact(item, name)

    def reset_masker(self) -> None:
        """Forget all."""
        masking.forget()

    @staticmethod
    def should_hide_value_for_key(name: Any) -> bool:
        """Whether a value of that name is a secret."""
        return masking.is_sensitive_name(name)

    @classmethod
    def enable_log_masking(cls) -> None:
        """It is always on."""

    @classmethod
    def is_log_masking_enabled(cls) -> bool:
        """It is always on."""
        return True


_MASKER = SecretsMasker()


def _secrets_masker() -> SecretsMasker:
    return _MASKER


def reset_secrets_masker() -> None:
    """Forget all secrets."""
    masking.forget()


def merge(new_value: Any, old_value: Any, name: str | None = None, max_depth: int | None = None) -> Any:
    """The new value, with the old one where only ``***`` was sent back."""
    if isinstance(new_value, dict) and isinstance(old_value, dict):
        return {key: merge(item, old_value.get(key), key) for key, item in new_value.items()}
    if isinstance(new_value, list) and isinstance(old_value, list) and len(new_value) == len(old_value):
        return [merge(new, old, name) for new, old in zip(new_value, old_value, strict=True)]
    return old_value if new_value == masking.MASK else new_value


class RedactedIO(io.StringIO):
    """A stream that blots secrets out of what is written to it."""

    def write(self, s: str) -> int:
        """Write the text without secrets."""
        return super().write(masking.redact(s))


def relative_path_from_logger(logger: Any) -> Path | None:
    """Where, below the log folder, a logger writes; None: a task's log is written by its supervisor, not by a logger."""
    del logger
    return None
