"""``--fix``: old import paths, renamed classes and old arguments rewritten in place; layout and comments stay as they are."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradewind.checks.old_names import ARGUMENTS, newer, takes
from tradewind.checks.source import Source
from tradewind.errors import InvalidArgument

if TYPE_CHECKING:
    import libcst as cst


#: Old names that may stand in ``default_args``, which are for tasks.
_IN_DEFAULTS = frozenset(ARGUMENTS) - {"schedule_interval", "timetable", "concurrency"}


def _library() -> Any:
    try:
        import libcst  # noqa: PLC0415  optional, and only for --fix
    except ImportError:
        raise InvalidArgument(
            "--fix needs the package libcst, which is not installed.", hint="pip install 'tradewind[check]'"
        ) from None
    return libcst


def rewrite_file(path: Path, shown: str) -> int:
    """Rewrite one file; how many places changed. A file that is not Python, or where nothing is old, is left alone.

    Raises InvalidArgument where libcst is not installed.
    """
    before = path.read_bytes()
    after, changes = rewritten(before, path, shown)
    if changes:
        fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
        fresh.write_bytes(after)
        fresh.chmod(path.stat().st_mode & 0o7777)
        fresh.replace(path)  # whole or not at all, whatever happens
    return changes


def rewritten(text: bytes, path: Path, shown: str) -> tuple[bytes, int]:
    """The new bytes and the number of changed places."""
    library = _library()
    try:
        source = Source(path, shown, text.decode("utf-8-sig"), ast.parse(text, str(path)))
        wrapper = library.metadata.MetadataWrapper(library.parse_module(text))
    except (SyntaxError, ValueError, library.ParserSyntaxError):
        return text, 0
    rewriter = _rewriter(library, source, wrapper)
    made = wrapper.module.visit(rewriter)
    return (made.bytes, rewriter.changes) if rewriter.changes else (text, 0)


def _rewriter(library: Any, source: Source, wrapper: Any) -> Any:  # the base class exists only once libcst is loaded
    positions = wrapper.resolve(library.metadata.PositionProvider)
    scopes = wrapper.resolve(library.metadata.ScopeProvider)
    outermost = next((s for s in scopes.values() if isinstance(s, library.metadata.GlobalScope)), None)

    class Rewriter(library.CSTTransformer):  # type: ignore[misc]
        """Statement by statement, call by call."""

        def __init__(self) -> None:
            super().__init__()
            self.changes = 0
            self.renamed: dict[int, str] = {}  #: id of a name node -> its new text
            self.defaults: set[int] = set()  #: id of dicts that are default_args

        def _quiet(self, node: Any) -> bool:
            codes = source.quiet.get(positions[node].start.line)
            return codes is not None and (not codes or bool(codes & {"TW601", "TW602"}))

        # -- imports

        def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
            """Uses of a class that changes its name change with it."""
            for name, moved in self._moves(node):
                local = name.evaluated_name
                if moved is None or name.asname is not None or moved.name == local or self._taken(moved.name):
                    continue
                for assignment in outermost[local] if outermost is not None else ():
                    for access in assignment.references:
                        self.renamed[id(access.node)] = moved.name

        def _taken(self, name: str) -> bool:
            return outermost is not None and any(
                not (source.imports.get(name, "").startswith("airflow.")) for _ in outermost[name]
            )

        @staticmethod
        def _moves(node: Any) -> list[tuple[Any, Any]]:
            if isinstance(node.names, library.ImportStar) or node.module is None or node.relative:
                return []
            module = library.helpers.get_full_name_for_node(node.module)
            if not module.startswith("airflow"):
                return []
            return [(name, newer(module, name.evaluated_name)) for name in node.names]

        def leave_SimpleStatementLine(self, original_node: Any, updated_node: Any) -> Any:
            """One import statement becomes one per new module."""
            if len(original_node.body) != 1 or not isinstance(original_node.body[0], library.ImportFrom):
                return updated_node
            moves = self._moves(original_node.body[0])
            if not any(moved for _, moved in moves) or self._quiet(original_node):
                return updated_node
            self.changes += sum(moved is not None for _, moved in moves)
            by_module: dict[str, list[Any]] = {}
            for name, moved in moves:
                old = name.evaluated_name
                module = moved.module if moved else library.helpers.get_full_name_for_node(original_node.body[0].module)
                new = moved.name if moved else old
                local = name.asname
                if local is None and new != old and self._taken(new):
                    local = library.AsName(library.Name(old))
                by_module.setdefault(module, []).append(library.ImportAlias(name=library.Name(new), asname=local))
            lines = [
                library.SimpleStatementLine(
                    [library.ImportFrom(module=library.parse_expression(module), names=_apart(library, names))]
                )
                for module, names in by_module.items()
            ]
            lines[0] = lines[0].with_changes(leading_lines=updated_node.leading_lines)
            lines[-1] = lines[-1].with_changes(trailing_whitespace=updated_node.trailing_whitespace)
            return library.FlattenSentinel(lines)

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
            if isinstance(target, library.Name) and target.value in ("default_args", "DEFAULT_ARGS", "args"):
                self.defaults.add(id(node.value))

        def leave_Dict(self, original_node: Any, updated_node: Any) -> Any:
            """Old names among default arguments."""
            if id(original_node) not in self.defaults:
                return updated_node
            kept = []
            for element in updated_node.elements:
                key = getattr(element, "key", None)
                if not isinstance(key, library.SimpleString) or key.evaluated_value not in _IN_DEFAULTS:
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
                    kept.append(arg.with_changes(keyword=library.Name(new)))
            if kept and kept[-1] is not updated_node.args[-1] and len(kept) < len(updated_node.args):
                kept[-1] = kept[-1].with_changes(comma=updated_node.args[-1].comma)
            return updated_node.with_changes(args=kept)

        @staticmethod
        def _path(node: Any) -> str:
            name = library.helpers.get_full_name_for_node(node)
            if not name:
                return ""
            first, dot, rest = name.partition(".")
            path = source.imports.get(first, first) + dot + rest
            return path if path.startswith(("airflow.", "tradewind.")) else ""

    return Rewriter()


def _apart(library: Any, names: list[Any]) -> list[Any]:
    comma = library.Comma(whitespace_after=library.SimpleWhitespace(" "))
    return [
        name.with_changes(comma=comma if at < len(names) - 1 else library.MaybeSentinel.DEFAULT)
        for at, name in enumerate(names)
    ]
