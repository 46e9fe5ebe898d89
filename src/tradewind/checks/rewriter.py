"""The transformer behind ``dags check --fix``. Imports libcst, so only ``rewrite`` imports it, and late."""

from __future__ import annotations

from typing import Any

import libcst as cst
from libcst.metadata import GlobalScope, MetadataWrapper, PositionProvider, ScopeProvider

from tradewind.checks.old_names import ARGUMENTS, newer, takes
from tradewind.checks.source import Source

#: Old names that may stand in ``default_args``, which are for tasks.
_IN_DEFAULTS = frozenset(ARGUMENTS) - {"schedule_interval", "timetable", "concurrency"}


class Rewriter(cst.CSTTransformer):
    """Statement by statement, call by call."""

    def __init__(self, source: Source, wrapper: MetadataWrapper) -> None:
        super().__init__()
        self.source = source
        self.positions = wrapper.resolve(PositionProvider)
        scopes = wrapper.resolve(ScopeProvider).values()
        self.outermost = next((scope for scope in scopes if isinstance(scope, GlobalScope)), None)
        self.changes = 0
        self.renamed: dict[int, str] = {}  #: id of a name node -> its new text
        self.defaults: set[int] = set()  #: id of dicts that are default_args

    def _quiet(self, node: Any) -> bool:
        return self.source.silences(self.positions[node].start.line, "TW601", "TW602")

    # -- imports

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        """Uses of a class that changes its name change with it."""
        for name, moved in self._moves(node):
            local = name.evaluated_name
            if moved is None or name.asname is not None or moved.name == local or self._taken(moved.name):
                continue
            for assignment in self.outermost[local] if self.outermost is not None else ():
                for access in assignment.references:
                    self.renamed[id(access.node)] = moved.name

    def _taken(self, name: str) -> bool:
        return self.outermost is not None and any(
            not (self.source.imports.get(name, "").startswith("airflow.")) for _ in self.outermost[name]
        )

    @staticmethod
    def _moves(node: Any) -> list[tuple[Any, Any]]:
        if isinstance(node.names, cst.ImportStar) or node.module is None or node.relative:
            return []
        module = cst.helpers.get_full_name_for_node(node.module) or ""
        if not module.startswith("airflow"):
            return []
        return [(name, newer(module, name.evaluated_name)) for name in node.names]

    def leave_SimpleStatementLine(self, original_node: Any, updated_node: Any) -> Any:
        """One import statement becomes one per new module."""
        if len(original_node.body) != 1 or not isinstance(original_node.body[0], cst.ImportFrom):
            return updated_node
        moves = self._moves(original_node.body[0])
        if not any(moved for _, moved in moves) or self._quiet(original_node):
            return updated_node
        self.changes += sum(moved is not None for _, moved in moves)
        asked = cst.helpers.get_full_name_for_node(original_node.body[0].module or "") or ""
        by_module: dict[str, list[Any]] = {}
        for name, moved in moves:
            old = name.evaluated_name
            module = moved.module if moved else asked
            new = moved.name if moved else old
            local = name.asname
            if local is None and new != old and self._taken(new):
                local = cst.AsName(cst.Name(old))
            by_module.setdefault(module, []).append(cst.ImportAlias(name=cst.Name(new), asname=local))
        lines = [
            cst.SimpleStatementLine([cst.ImportFrom(module=_dotted(module), names=_apart(names))])
            for module, names in by_module.items()
        ]
        lines[0] = lines[0].with_changes(leading_lines=updated_node.leading_lines)
        lines[-1] = lines[-1].with_changes(trailing_whitespace=updated_node.trailing_whitespace)
        return cst.FlattenSentinel(lines)

    def leave_Name(self, original_node: Any, updated_node: Any) -> Any:
        """A use of a renamed class."""
        new = self.renamed.get(id(original_node))
        return updated_node.with_changes(value=new) if new else updated_node

    # -- arguments

    def visit_Arg(self, node: Any) -> None:
        """Remember which dict is the default arguments."""
        if node.keyword is not None and node.keyword.value == "default_args":
            self.defaults.add(id(node.value))

    def visit_Assign(self, node: Any) -> None:
        """``default_args = {...}``: by its name, as everybody calls it."""
        target = node.targets[0].target
        if isinstance(target, cst.Name) and target.value in ("default_args", "DEFAULT_ARGS", "args"):
            self.defaults.add(id(node.value))

    def leave_Dict(self, original_node: Any, updated_node: Any) -> Any:
        """Old names among default arguments."""
        if id(original_node) not in self.defaults:
            return updated_node
        kept = []
        for element in updated_node.elements:
            key = getattr(element, "key", None)
            if not isinstance(key, cst.SimpleString) or key.evaluated_value not in _IN_DEFAULTS:
                kept.append(element)
                continue
            self.changes += 1
            new = ARGUMENTS[key.evaluated_value]
            if new is not None:
                kept.append(element.with_changes(key=key.with_changes(value=repr(new).replace("'", key.quote))))
        return updated_node.with_changes(elements=kept)

    def leave_Call(self, original_node: Any, updated_node: Any) -> Any:
        """Old names of keyword arguments."""
        path = self._path(original_node.func)
        if not path or self._quiet(original_node):
            return updated_node
        given = {arg.keyword.value for arg in updated_node.args if arg.keyword is not None}
        kept = []
        for arg in updated_node.args:
            name = arg.keyword.value if arg.keyword is not None else ""
            if name not in ARGUMENTS or not takes(path, name) or ARGUMENTS[name] in given:
                kept.append(arg)
                continue
            self.changes += 1
            new = ARGUMENTS[name]
            if new is not None:
                kept.append(arg.with_changes(keyword=cst.Name(new)))
        if kept and kept[-1] is not updated_node.args[-1] and len(kept) < len(updated_node.args):
            kept[-1] = kept[-1].with_changes(comma=updated_node.args[-1].comma)
        return updated_node.with_changes(args=kept)

    def _path(self, node: Any) -> str:
        name = cst.helpers.get_full_name_for_node(node)
        if not name:
            return ""
        first, dot, rest = name.partition(".")
        path = self.source.imports.get(first, first) + dot + rest
        return path if path.startswith(("airflow.", "tradewind.")) else ""


def _apart(names: list[Any]) -> list[Any]:
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    return [
        name.with_changes(comma=comma if at < len(names) - 1 else cst.MaybeSentinel.DEFAULT)
        for at, name in enumerate(names)
    ]


def _dotted(path: str) -> cst.Attribute | cst.Name:
    first, *rest = path.split(".")
    made: cst.Attribute | cst.Name = cst.Name(first)
    for word in rest:
        made = cst.Attribute(made, cst.Name(word))
    return made
