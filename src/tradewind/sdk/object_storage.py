"""``ObjectStoragePath``: paths in object stores, by fsspec and universal-pathlib."""

from __future__ import annotations

from typing import Any

from tradewind.sdk.exceptions import AirflowOptionalProviderFeatureException


def options_of(conn_id: str | None, options: dict[str, Any]) -> dict[str, Any]:
    """Options for the file system out of a connection, under fsspec's usual names."""
    if not conn_id:
        return options
    from tradewind.sdk.connection import get_connection  # noqa: PLC0415  only where a connection is named

    found = get_connection(conn_id)
    made: dict[str, Any] = dict(found.extra_dejson)
    if found.conn_type in {"aws", "s3"}:
        made = {"key": found.login, "secret": found.password}
        endpoint = found.extra_dejson.get("endpoint_url") or found.extra_dejson.get("host")
        if endpoint:
            made["endpoint_url"] = endpoint
    return {**{k: v for k, v in made.items() if v is not None}, **options}


class ObjectStoragePath:
    """``ObjectStoragePath("s3://conn_id@bucket/key")``: a path with the methods of ``pathlib.Path``.

    The part before ``@`` (or ``conn_id=``) names a connection. Local paths need no package.
    """

    def __new__(cls, path: Any, conn_id: str | None = None, **options: Any) -> Any:
        """A path object of the right kind."""
        text = str(path)
        scheme, found, rest = text.partition("://")
        if not found or scheme == "file":
            return _local(rest if found else text)
        if "@" in rest.split("/", 1)[0]:
            named, _, rest = rest.partition("@")
            conn_id = conn_id or named
        try:
            from upath import UPath  # noqa: PLC0415  optional: install universal-pathlib
        except ImportError:
            raise AirflowOptionalProviderFeatureException(
                f"{text!r} needs the package universal-pathlib (and the fsspec driver of {scheme}): "
                f"run `pip install universal-pathlib`."
            ) from None
        return UPath(f"{scheme}://{rest}", **options_of(conn_id, options))


def _local(path: str) -> Any:
    """A path on this machine, with the methods of object paths (``copy`` to another store) where the package is there."""
    try:
        from upath import UPath  # noqa: PLC0415  optional
    except ImportError:
        from pathlib import Path  # noqa: PLC0415  only here

        return Path(path)
    return UPath(path)
