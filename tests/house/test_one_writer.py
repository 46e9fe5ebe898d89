from __future__ import annotations

import ast
import re

from tests.house import SRC, python_files

#: Only here may a state column be written. (`store/writes/runs.py` and friends insert rows in their first state.)
WRITERS = {"store/transitions.py"}
#: Files that may INSERT task instances, runs or attempts (a first state is not a move), but never UPDATE a state.
_UPDATE = re.compile(
    r"\bUPDATE\s+\"?(dag_run|task_instance)\"?\s+SET\b(?P<set>.*?)(\bWHERE\b|$)", re.IGNORECASE | re.DOTALL
)


def strings(tree: ast.AST) -> list[tuple[int, str]]:
    """Text constants; the fixed parts of an f-string are joined."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found.append((node.lineno, "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append((node.lineno, node.value))
    return found


def updates_by_text(tree: ast.AST) -> list[int]:
    return [
        line
        for line, text in strings(tree)
        for match in _UPDATE.finditer(text)
        if re.search(r"(^|,)\s*\"?state\"?\s*=", match["set"])
    ]


def updates_by_builder(tree: ast.AST) -> list[int]:
    """``update(task_instance)....values(state=...)`` and ``task_instance.update().values(state=...)``."""
    lines = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "values"):
            continue
        if not any(keyword.arg == "state" for keyword in node.keywords):
            continue
        statement = ast.unparse(node.func.value)
        if re.search(r"\bupdate\(", statement) and re.search(r"\b(dag_run|task_instance)\b", statement):
            lines.append(node.lineno)
    return lines


def test_state_columns_are_written_in_one_file() -> None:
    found = []
    for file in python_files("src/tradewind"):
        name = str(file.relative_to(SRC))
        if name in WRITERS:
            continue
        tree = ast.parse(file.read_text())
        found += [f"{name}:{line}" for line in (*updates_by_text(tree), *updates_by_builder(tree))]
    assert not found, f"move these into store/transitions.py: {found}"


def test_the_search_finds_both_ways_of_writing() -> None:
    assert updates_by_text(ast.parse("run(conn, 'UPDATE task_instance SET x = 1, state = ? WHERE id = ?')"))
    assert updates_by_builder(ast.parse("conn.execute(sa.update(task_instance).where(a).values(state='x'))"))
    assert not updates_by_text(ast.parse("run(conn, 'UPDATE task_instance SET x = 1 WHERE state = ?')"))
