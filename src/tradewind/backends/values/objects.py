"""Values in object storage, through fsspec: any address it knows (``s3://bucket/prefix``, ``gs://...``, ``abfs://...``)."""

from __future__ import annotations

from typing import Any

from tradewind.backends.values.paths import checked
from tradewind.errors import InvalidArgument, NotFound, OutsideTrouble


class ObjectValues:
    """An object per value below ``url``. ``options`` go to the file system of the address."""

    def __init__(self, url: str, options: dict[str, Any] | None = None) -> None:
        try:
            import fsspec  # noqa: PLC0415  optional extra
        except ModuleNotFoundError as missing:
            raise InvalidArgument(
                f"Values at {url} need fsspec.", field="value_store", hint="Run: pip install 'tradewind[objects]'"
            ) from missing
        try:
            self._files, self._root = fsspec.core.url_to_fs(url, **(options or {}))
        except (ImportError, ValueError) as error:
            raise InvalidArgument(
                f"The value store {url} cannot be opened: {error}.",
                field="value_store",
                hint="Install the file system's package (s3fs, gcsfs, adlfs ...) or correct [xcom] value_store.",
            ) from error

    def _place(self, path: str) -> str:
        return f"{str(self._root).rstrip('/')}/{checked(path)}"

    def put(self, path: str, data: bytes) -> None:
        """See ``ValueStore``."""
        place = self._place(path)
        try:
            self._files.makedirs(place.rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(place, data)
        except OSError as error:
            raise OutsideTrouble(f"A value of {len(data):,} bytes cannot be written to {place}: {error}.") from error

    def get(self, path: str) -> bytes:
        """See ``ValueStore``."""
        try:
            return bytes(self._files.cat_file(self._place(path)))
        except FileNotFoundError:
            raise NotFound(f"The value {path} is not in {self._root}.", kind="value", name=path) from None

    def delete_below(self, prefix: str) -> int:
        """See ``ValueStore``."""
        place = self._place(prefix)
        if not self._files.exists(place):
            return 0
        number = len(self._files.find(place))
        self._files.rm(place, recursive=True)
        return number
