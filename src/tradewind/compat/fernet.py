"""``airflow.models.crypto``: the key of the installation, for plugins that encrypt values of their own."""

from __future__ import annotations

from functools import cache
from typing import Any, Protocol

from tradewind.sdk.configuration import conf
from tradewind.sdk.exceptions import AirflowException


class FernetProtocol(Protocol):
    """What ``get_fernet`` gives."""

    is_encrypted: bool

    def encrypt(self, msg: bytes) -> bytes:
        """Hide."""

    def decrypt(self, msg: bytes) -> bytes:
        """Show."""


class NullFernet:
    """Hides nothing: there is no key."""

    is_encrypted = False

    def encrypt(self, msg: bytes) -> bytes:
        """The same."""
        return msg

    def decrypt(self, msg: bytes) -> bytes:
        """The same."""
        return msg


@cache
def get_fernet() -> Any:
    """A Fernet of [core] fernet_key (several keys with commas: the first one encrypts)."""
    keys = str(conf.get("core", "fernet_key", fallback="") or "")
    if not keys:
        return NullFernet()
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415  optional in tasks

    try:
        made = MultiFernet([Fernet(key.strip().encode()) for key in keys.split(",")])
    except ValueError as error:
        raise AirflowException(f"[core] fernet_key cannot be used: {error}") from error
    made.is_encrypted = True  # type: ignore[attr-defined]
    return made
