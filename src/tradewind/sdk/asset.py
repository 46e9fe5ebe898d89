"""Assets: named data that tasks update and DAGs wait for; ``&`` and ``|`` combine them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar


class AssetExpression:
    """An asset, or several joined by "all" or "any"."""

    def __and__(self, other: AssetExpression) -> AssetAll:
        return AssetAll(*_joined(AssetAll, self), *_joined(AssetAll, other))

    def __or__(self, other: AssetExpression) -> AssetAny:
        return AssetAny(*_joined(AssetAny, self), *_joined(AssetAny, other))

    def as_expression(self) -> Any:
        """JSON: {"asset": {...}}, {"alias": ...}, {"all": [...]} or {"any": [...]}."""
        raise NotImplementedError

    def iter_assets(self) -> Iterator[Asset]:
        """Every asset inside."""
        raise NotImplementedError


def _joined(kind: type[_Several], expression: AssetExpression) -> tuple[AssetExpression, ...]:
    if not isinstance(expression, AssetExpression):
        raise TypeError(f"Assets combine with assets, not with {type(expression).__name__}")
    return expression.objects if isinstance(expression, kind) else (expression,)


_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")


def checked_uri(uri: str) -> str:
    """The address in its usual form. ValueError says what is wrong with it."""
    if not uri or not uri.strip():
        raise ValueError("Asset URI cannot be empty")
    if len(uri) > 1500:
        raise ValueError("Asset URI cannot be longer than 1500 characters")
    if not uri.isascii():
        raise ValueError(f"Asset URI must only consist of ASCII characters, not {uri!r}")
    if uri.startswith("airflow:"):
        raise ValueError("Asset scheme 'airflow' is reserved")
    return uri


class Asset(AssetExpression):
    """Data with a name and an address. ``Asset("s3://bucket/key")`` or ``Asset(name="sales", uri=...)``."""

    asset_type: ClassVar[str] = "asset"

    def __init__(
        self,
        name: str | None = None,
        uri: str | None = None,
        *,
        group: str = "asset",
        extra: dict[str, Any] | None = None,
        watchers: list[Any] | None = None,
    ) -> None:
        if name is None and uri is None:
            raise TypeError("Asset() requires either 'name' or 'uri'")
        self.uri = checked_uri(str(uri if uri is not None else name))
        self.name = str(name if name is not None else uri)
        if not self.name.strip():
            raise ValueError("Asset name cannot be empty")
        self.group, self.extra, self.watchers = group, dict(extra or {}), list(watchers or [])

    @staticmethod
    def ref(*, name: str | None = None, uri: str | None = None) -> AssetRef:
        """An asset that another file describes, by its name or its address."""
        if (name is None) == (uri is None):
            raise TypeError("Asset.ref() takes either 'name' or 'uri'")
        return AssetRef(name=name, uri=uri)

    def as_dict(self) -> dict[str, Any]:
        """JSON."""
        return {"type": "asset", "name": self.name, "uri": self.uri, "group": self.group, "extra": self.extra}

    def as_expression(self) -> Any:
        """JSON."""
        return {"asset": {"name": self.name, "uri": self.uri, "group": self.group}}

    def iter_assets(self) -> Iterator[Asset]:
        """Itself."""
        yield self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asset) and (self.name, self.uri) == (other.name, other.uri)

    def __hash__(self) -> int:
        return hash((self.name, self.uri))

    def __fspath__(self) -> str:
        return self.uri

    def __repr__(self) -> str:
        return f"Asset(name={self.name!r}, uri={self.uri!r})"


class Dataset(Asset):
    """The older name: the first argument is the address."""

    def __init__(self, uri: str, extra: dict[str, Any] | None = None, *, name: str | None = None, **more: Any) -> None:
        super().__init__(name=name or uri, uri=uri, extra=extra, **more)


class Model(Asset):
    """An asset that is a trained model."""

    def __init__(self, name: str | None = None, uri: str | None = None, **more: Any) -> None:
        super().__init__(name, uri, **{"group": "model", **more})


class AssetAlias(AssetExpression):
    """A name whose assets tasks choose when they run."""

    def __init__(self, name: str, *, group: str = "asset") -> None:
        self.name, self.group = name, group

    def as_dict(self) -> dict[str, Any]:
        """JSON."""
        return {"type": "alias", "name": self.name, "group": self.group}

    def as_expression(self) -> Any:
        """JSON."""
        return {"alias": {"name": self.name, "group": self.group}}

    def iter_assets(self) -> Iterator[Asset]:
        """None yet."""
        return iter(())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AssetAlias) and self.name == other.name

    def __hash__(self) -> int:
        return hash(("alias", self.name))

    def __repr__(self) -> str:
        return f"AssetAlias(name={self.name!r})"


@dataclass(frozen=True)
class AssetRef(AssetExpression):
    """An asset named elsewhere, by its name or its address."""

    name: str | None = None
    uri: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON."""
        return {"type": "ref", "name": self.name, "uri": self.uri}

    def as_expression(self) -> Any:
        """JSON."""
        return {"asset_ref": {"name": self.name, "uri": self.uri}}

    def iter_assets(self) -> Iterator[Asset]:
        """None yet."""
        return iter(())


class _Several(AssetExpression):
    word: ClassVar[str]

    def __init__(self, *objects: AssetExpression) -> None:
        for one in objects:
            if not isinstance(one, AssetExpression):
                raise TypeError(f"expect asset expressions in condition, not {type(one).__name__}")
        self.objects = objects

    def as_expression(self) -> Any:
        """JSON."""
        return {self.word: [one.as_expression() for one in self.objects]}

    def iter_assets(self) -> Iterator[Asset]:
        """Those of the parts."""
        for one in self.objects:
            yield from one.iter_assets()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.objects == getattr(other, "objects", None)

    def __hash__(self) -> int:
        return hash((self.word, self.objects))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.objects))})"


class AssetAll(_Several):
    """True once all of its parts are."""

    word = "all"


class AssetAny(_Several):
    """True once any of its parts is."""

    word = "any"


@dataclass
class Metadata:
    """What a task says about an asset it updates: yield or return it."""

    asset: Any
    extra: dict[str, Any] = field(default_factory=dict)
    alias: Any = None


@dataclass
class AssetWatcher:
    """A trigger that updates an asset from outside."""

    name: str
    trigger: Any


def as_expression(items: Any) -> AssetExpression:
    """One expression of what an author put in ``schedule=[...]``: all of them."""
    if isinstance(items, AssetExpression):
        return items
    return AssetAll(*items)


def describe(item: Any) -> dict[str, Any]:
    """JSON of an inlet or outlet; other objects are named by their text."""
    maker = getattr(item, "as_dict", None)
    if callable(maker):
        made: dict[str, Any] = maker()
        return made
    return {"type": "other", "name": str(getattr(item, "name", item))}
