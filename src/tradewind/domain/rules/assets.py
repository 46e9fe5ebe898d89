"""Which assets a DAG waits for, and whether enough of them were updated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

Expression = dict[str, Any]


class Names:
    """What the leaves of an expression mean: aliases and references resolved to addresses."""

    def __init__(self, aliases: Mapping[str, Sequence[str]], references: Mapping[str, str]) -> None:
        self.aliases, self.references = aliases, references

    def uris(self, leaf: Expression) -> list[str]:
        """Addresses of one leaf; none for an alias or a name that stands for nothing yet."""
        if "asset" in leaf:
            return [leaf["asset"]["uri"]]
        if "alias" in leaf:
            return list(self.aliases.get(leaf["alias"]["name"], ()))
        facts = leaf.get("asset_ref") or {}
        uri = facts.get("uri") or self.references.get(facts.get("name") or "")
        return [uri] if uri else []


def leaves(expression: Expression) -> list[Expression]:
    """Every asset, alias and reference in it."""
    for word in ("all", "any"):
        if word in expression:
            return [leaf for part in expression[word] for leaf in leaves(part)]
    return [expression]


def alias_names(expression: Expression) -> list[str]:
    """Aliases in it."""
    return sorted({leaf["alias"]["name"] for leaf in leaves(expression) if "alias" in leaf})


def reference_names(expression: Expression) -> list[str]:
    """Names of assets that are described elsewhere."""
    facts = [leaf["asset_ref"] for leaf in leaves(expression) if "asset_ref" in leaf]
    return sorted({fact["name"] for fact in facts if fact.get("name") and not fact.get("uri")})


def uris(expression: Expression, names: Names) -> set[str]:
    """Every address in it."""
    return {uri for leaf in leaves(expression) for uri in names.uris(leaf)}


def holds(expression: Expression, updated: Set[str], names: Names) -> bool:
    """True when the updated addresses are enough. An alias that stands for several is updated when any of them is."""
    if "all" in expression:
        parts = expression["all"]
        return bool(parts) and all(holds(part, updated, names) for part in parts)
    if "any" in expression:
        return any(holds(part, updated, names) for part in expression["any"])
    return any(uri in updated for uri in names.uris(expression))
