"""The metadata all tables share, and the column types both databases understand."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Integer, LargeBinary, MetaData, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: 64-bit key; SQLite only auto-increments a plain INTEGER.
Key = BigInteger().with_variant(Integer(), "sqlite")

#: Path of a file in its bundle. MySQL indexes 3072 bytes at most, which the bundle's name has a share in.
FilePath = String(1000).with_variant(String(500), "mysql", "mariadb")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC datetime kept as microseconds since 1970: exact, ordered and small on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse naive times: they would silently mean the machine's zone."""
        if value is None:
            return None
        delta = value - EPOCH  # raises TypeError for a naive value
        return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Aware UTC."""
        if value is None:
            return None
        return datetime.fromtimestamp(value // 1_000_000, UTC).replace(microsecond=value % 1_000_000)


class Json(TypeDecorator[Any]):
    """A JSON value kept as text, coded by msgspec (faster than the driver's own, and the same on every database)."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """MySQL's TEXT ends at 64 KiB."""
        return _roomy(dialect, "LONGTEXT") or dialect.type_descriptor(Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """None stays NULL."""
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The decoded value."""
        return None if value is None else msgspec.json.decode(value)


def _roomy(dialect: Dialect, name: str) -> TypeEngine[Any] | None:
    """MySQL's own type of that name; None on other databases, which need none, and do without loading its dialect."""
    if dialect.name not in ("mysql", "mariadb"):
        return None
    return dialect.type_descriptor(getattr(import_module("sqlalchemy.dialects.mysql"), name)())


class LongText(TypeDecorator[str]):
    """Text of any length on every database."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """MySQL's TEXT ends at 64 KiB."""
        return _roomy(dialect, "LONGTEXT") or super().load_dialect_impl(dialect)


class Bytes(TypeDecorator[bytes]):
    """Bytes of any length on every database."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """MySQL's BLOB ends at 64 KiB."""
        return _roomy(dialect, "LONGBLOB") or super().load_dialect_impl(dialect)
