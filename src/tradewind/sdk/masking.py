"""Secrets known to this process, and text or values with them blotted out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

MASK = "***"
_SENSITIVE = frozenset(
    {
        "access_token", "api_key", "apikey", "authorization", "passphrase", "passwd", "password", "private_key",
        "secret", "token", "keyfile_dict", "service_account", "private_key_content",
    }
)  # fmt: skip
_sensitive = re.compile("|".join(sorted(_SENSITIVE))).search
_known: set[str] = set()
_pattern: re.Pattern[str] | None = None


def is_sensitive_name(name: Any) -> bool:
    """Whether a value of that name is a secret by habit."""
    return isinstance(name, str) and _sensitive(name.lower()) is not None


def register(secret: Any, name: str | None = None) -> None:
    """Blot this out from now on. In a dict only values under sensitive names (all, when ``name`` is sensitive)."""
    global _pattern
    if isinstance(secret, dict):
        for key, value in secret.items():
            if is_sensitive_name(key) or is_sensitive_name(name) or isinstance(value, (dict, list)):
                register(value, key if isinstance(key, str) else name)
        return
    if isinstance(secret, (list, tuple, set)):
        for item in secret:
            register(item, name)
        return
    text = str(secret) if isinstance(secret, (str, bytes)) else ""
    # Words of one or two letters would blot out half of every log.
    if len(text) >= 3 and text not in {"airflow", "None", "True", "False"} and text not in _known:
        _known.add(text)
        escaped = repr(text)[1:-1]
        if escaped != text:
            _known.add(escaped)
        _pattern = None


def known() -> frozenset[str]:
    """All secrets so far."""
    return frozenset(_known)


def forget() -> None:
    """Forget all. For tests."""
    global _pattern
    _known.clear()
    _pattern = None


def pattern() -> re.Pattern[str] | None:
    """Matches any known secret, longest first; None when there is none."""
    global _pattern
    if _pattern is None and _known:
        _pattern = re.compile("|".join(re.escape(s) for s in sorted(_known, key=len, reverse=True)))
    return _pattern


def redact(value: Any, name: str | None = None, depth: int = 0) -> Any:
    """The value with secrets replaced by ``***``: known texts anywhere, and everything under a sensitive name."""
    if name is not None and is_sensitive_name(name) and value not in (None, "", [], {}):
        if isinstance(value, dict):
            return {key: redact(item, name, depth + 1) for key, item in value.items()}
        return MASK
    if isinstance(value, str):
        found = pattern()
        return found.sub(MASK, value) if found is not None else value
    if depth > 6:
        return value
    if isinstance(value, dict):
        return {key: redact(item, key if isinstance(key, str) else None, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        items: Iterable[Any] = (redact(item, None, depth + 1) for item in value)
        return list(items) if isinstance(value, list) else set(items) if isinstance(value, set) else tuple(items)
    return value


def mask_secret(secret: Any, name: str | None = None) -> None:
    """Airflow's name of ``register``."""
    register(secret, name)
