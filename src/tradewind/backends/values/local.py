"""Values as files in a folder. Enough for one machine, and for several that share the folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from tradewind.backends.values.paths import checked
from tradewind.errors import NotFound, OutsideTrouble


class LocalValues:
    """A file per value below ``folder``, which is made at the first write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, path: str, data: bytes) -> None:
        """See ``ValueStore``."""
        place = self._folder / checked(path)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, scratch = tempfile.mkstemp(dir=place.parent, prefix=".put-")
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(scratch).replace(place)  # a reader sees the whole value or none
        except OSError as error:
            raise OutsideTrouble(
                f"A value of {len(data):,} bytes cannot be written to {place}: {error}.",
                hint="Look at the room and the permissions of the folder ([xcom] value_store).",
            ) from error

    def get(self, path: str) -> bytes:
        """See ``ValueStore``."""
        place = self._folder / checked(path)
        try:
            return place.read_bytes()
        except FileNotFoundError:
            raise NotFound(
                f"The value {path} is not in {self._folder}.",
                kind="value",
                name=path,
                hint="Several machines need a value store they share: set [xcom] value_store.",
            ) from None

    def delete_below(self, prefix: str) -> int:
        """See ``ValueStore``."""
        place = self._folder / checked(prefix)
        number = sum(len(files) for _, _, files in os.walk(place))
        shutil.rmtree(place, ignore_errors=True)
        return number
