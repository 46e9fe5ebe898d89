"""A vault on Fernet keys: the first key seals, every key may open, so that keys can be changed without downtime."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from tradewind.errors import InvalidArgument, OutsideTrouble

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

    from tradewind.settings import Settings

KEY_FILE = "fernet.key"


class FernetVault:
    """Seals with the first key. The keys are checked at first use: the library behind them is slow to import."""

    def __init__(self, keys: list[str], origin: str) -> None:
        self._keys = keys
        self._origin = origin
        self._box: MultiFernet | None = None

    def _open_box(self) -> MultiFernet:
        if self._box is None:
            from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415  heavy; only where secrets are touched

            try:
                self._box = MultiFernet([Fernet(key) for key in self._keys])
            except ValueError:
                raise InvalidArgument(
                    f"The Fernet key from {self._origin} is not 32 url-safe base64-encoded bytes.",
                    field="[core] fernet_key",
                    hint="Make one with: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'",
                ) from None
        return self._box

    def encrypt(self, text: str) -> str:
        """The sealed text."""
        return self._open_box().encrypt(text.encode()).decode()

    def decrypt(self, sealed: str) -> str:
        """The text again. Raises OutsideTrouble when no key of ours opens it."""
        box = self._open_box()
        from cryptography.fernet import InvalidToken  # noqa: PLC0415  loaded by _open_box already

        try:
            return box.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise OutsideTrouble(
                f"A stored secret cannot be opened with the Fernet key from {self._origin}.",
                hint="Add the old key behind the new one, separated by a comma, in [core] fernet_key.",
            ) from None

    def rotate(self, sealed: str) -> str:
        """The same text sealed with the newest key."""
        return self.encrypt(self.decrypt(sealed))


def _key_of_home(home: Path) -> str:
    """The key kept in the home; made there, for its owner's eyes only, when missing.

    Two processes may start at once: each writes its own file and links it to the name, which succeeds for one only.
    """
    file = home / KEY_FILE
    if not file.exists():
        from cryptography.fernet import Fernet  # noqa: PLC0415  heavy; only when a key has to be made

        home.mkdir(parents=True, exist_ok=True)
        draft = home / f".{KEY_FILE}.{secrets.token_hex(6)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(Fernet.generate_key())
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file.read_text(encoding="ascii").strip()


def open_vault(settings: Settings) -> FernetVault:
    """The vault of this installation: keys from ``[core] fernet_key``, else from the home (made when missing)."""
    configured = settings.get_str("core", "fernet_key")
    keys = [key.strip() for key in configured.split(",") if key.strip()]
    if keys:
        return FernetVault(keys, f"[core] fernet_key ({settings.origins[('core', 'fernet_key')]})")
    return FernetVault([_key_of_home(settings.home)], str(settings.home / KEY_FILE))
