"""One file as text: its tree, what its names stand for, which calls run at import and which belong to tasks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tradewind.checks.contract import Finding

Function = ast.FunctionDef | ast.AsyncFunctionDef
#: A comment that silences: bare, or with codes behind a colon.
_QUIET = re.compile(r"#\s*noqa(?::\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?", re.IGNORECASE)
#: Decorators under which a function runs while the file is imported.
_BUILDERS = ("dag", "task_group")
#: Methods of operators and sensors that run when the task does.
_BODIES = frozenset({"execute", "poke", "pre_execute", "post_execute", "on_kill"})


@dataclass
class Source:
    """A parsed file. ``shown`` is its name as the person knows it."""

    path: Path
    shown: str
    text: str
    tree: ast.Module
    imports: dict[str, str] = field(default_factory=dict)  #: local name -> dotted path

    def __post_init__(self) -> None:
        """Learn what the names stand for."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for name in node.names:
                    local = name.asname or name.name.partition(".")[0]
                    self.imports[local] = name.name if name.asname else local
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for name in node.names:
                    self.imports[name.asname or name.name] = f"{node.module}.{name.name}"

    def found(self, code: str, node: ast.AST, message: str, fix: str = "") -> Finding:
        """A finding at a node."""
        line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", -1) + 1
        return Finding(self.shown, line, code, message, column=column, fix=fix)

    def dotted(self, node: ast.AST) -> str:
        """What an expression such as ``dt.datetime.now`` stands for, with imports resolved; "" for anything else."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Call) and parts:  # Hook("x").get_records: the maker counts
            made = self.dotted(node.func)
            return f"{made}().{'.'.join(reversed(parts))}" if made else ""
        if not isinstance(node, ast.Name):
            return ""
        parts.append(self.imports.get(node.id, node.id))
        return ".".join(reversed(parts))

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Functions at the top level of the file, by name."""
        return {node.name: node for node in self.tree.body if isinstance(node, Function)}

    @cached_property
    def at_import(self) -> list[ast.AST]:
        """Every node that runs while the file is imported, in the order of the file."""
        found: list[ast.AST] = []
        todo: list[ast.AST] = list(reversed(self.tree.body))
        entered: set[str] = set()
        while todo:
            node = todo.pop()
            found.append(node)
            if isinstance(node, Function):
                inside = node.body if self._is_builder(node) else []
                todo.extend(reversed([*node.decorator_list, *node.args.defaults, *inside]))
                continue
            if isinstance(node, ast.Lambda) or self._is_guarded(node):
                continue
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in entered:
                called = self.functions.get(node.func.id)
                if called is not None and not called.decorator_list:
                    entered.add(node.func.id)
                    todo.extend(reversed(called.body))
            todo.extend(reversed(list(ast.iter_child_nodes(node))))
        return found

    def _is_builder(self, node: Function) -> bool:
        return any(
            self.dotted(d.func if isinstance(d, ast.Call) else d).rpartition(".")[2] in _BUILDERS
            for d in node.decorator_list
        )

    @staticmethod
    def _is_guarded(node: ast.AST) -> bool:
        """``if __name__ == "__main__"`` and ``if TYPE_CHECKING`` do not run when the file is read."""
        if not isinstance(node, ast.If):
            return False
        names = {n.id for n in ast.walk(node.test) if isinstance(n, ast.Name)}
        names |= {n.attr for n in ast.walk(node.test) if isinstance(n, ast.Attribute)}
        return bool(names & {"__name__", "TYPE_CHECKING"})

    @cached_property
    def task_bodies(self) -> list[Function]:
        """Functions that run when a task does: under ``@task``, given as ``python_callable``, methods of operators."""
        given = {
            keyword.value.id
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call)
            for keyword in node.keywords
            if keyword.arg == "python_callable" and isinstance(keyword.value, ast.Name)
        }
        found: list[Function] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ClassDef):
                found += [m for m in node.body if isinstance(m, Function) and m.name in _BODIES]
            elif isinstance(node, Function) and (node.name in given or self._is_task(node)):
                found.append(node)
        return found

    def _is_task(self, node: Function) -> bool:
        for decorator in node.decorator_list:
            path = self.dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
            if path.startswith(("airflow.", "tradewind.")) and ".task" in path and not path.endswith(".task_group"):
                return True
        return False

    @cached_property
    def bindings(self) -> dict[str, ast.expr]:
        """Names that are set once at the top level, with what they are set to."""
        found: dict[str, ast.expr] = {}
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] = node.value
        return found

    @cached_property
    def quiet(self) -> dict[int, frozenset[str]]:
        """Lines with a ``noqa``: the codes it names, or none for all."""
        found: dict[int, frozenset[str]] = {}
        for number, line in enumerate(self.text.splitlines(), start=1):
            if (match := _QUIET.search(line)) is not None:
                found[number] = (
                    frozenset(re.split(r"[,\s]+", match["codes"].upper())) if match["codes"] else frozenset()
                )
        return found

    def silences(self, line: int, *asked: str) -> bool:
        """Whether the author has said at this line that a finding with one of these codes is meant."""
        codes = self.quiet.get(line)
        return codes is not None and (not codes or not codes.isdisjoint(asked))


def calls(nodes: Iterator[ast.AST] | list[ast.AST]) -> Iterator[ast.Call]:
    """The calls among them."""
    return (node for node in nodes if isinstance(node, ast.Call))


def words(node: ast.Call) -> dict[str, ast.expr]:
    """The keyword arguments of a call."""
    return {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}


def text_of(node: ast.expr | None) -> str | None:
    """The text that is written there, if it is one."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def named(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """What is given by name: keyword arguments of a call, and what texts are keys of in a dict."""
    if isinstance(node, ast.Call):
        yield from words(node).items()
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if (name := text_of(key)) is not None:
                yield name, value
