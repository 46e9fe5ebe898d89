"""What a vault and a source of secrets must do."""

from __future__ import annotations

from typing import Protocol


class Vault(Protocol):
    """Seals texts for rows of the store, and opens them again."""

    def encrypt(self, text: str) -> str:
        """The sealed text; sealing the same text twice gives different results."""
        ...

    def decrypt(self, sealed: str) -> str:
        """The text again. Raises OutsideTrouble when no key of ours opens it."""
        ...

    def rotate(self, sealed: str) -> str:
        """The same text sealed with the newest key."""
        ...


class SecretsSource(Protocol):
    """Where variables and connections may come from besides the store. None: not here, ask the next one."""

    def variable(self, key: str) -> str | None:
        """The text of a variable."""
        ...

    def connection(self, conn_id: str) -> str | None:
        """A connection as a URI or a JSON text."""
        ...
