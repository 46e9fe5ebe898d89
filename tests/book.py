"""Python listings of a book's text, put together again into files that load.

The text was made from pages: line numbers stand as lines, ``copy`` buttons too, strings are wrapped, blocks lost their
indentation, and most listings are fragments that lean on what earlier ones defined. ``listings`` finds the code,
``assembled`` mends it and gives a fragment what it leans on: imports, a DAG around it, stand-ins for what the text leaves
out (``...``). Nothing of the text is kept in this repository.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

IMPORTS = {
    "airflow": "import airflow.utils.dates",
    "dates": "from airflow.utils import dates",
    "json": "import json",
    "pathlib": "import pathlib",
    "os": "import os",
    "uuid": "import uuid",
    "yaml": "import yaml",
    "pendulum": "import pendulum",
    "requests": "import requests",
    "requests_exceptions": "import requests.exceptions as requests_exceptions",
    "request": "from urllib import request",
    "pd": "import pandas as pd",
    "dt": "import datetime as dt",
    "Path": "from pathlib import Path",
    "datetime": "from datetime import datetime",
    "timedelta": "from datetime import timedelta",
    "DAG": "from airflow import DAG",
    "task": "from airflow.decorators import task",
    "TaskGroup": "from airflow.utils.task_group import TaskGroup",
    "BashOperator": "from airflow.operators.bash import BashOperator",
    "PythonOperator": "from airflow.operators.python import PythonOperator",
    "BranchPythonOperator": "from airflow.operators.python import BranchPythonOperator",
    "DummyOperator": "from airflow.operators.dummy import DummyOperator",
    "LatestOnlyOperator": "from airflow.operators.latest_only import LatestOnlyOperator",
    "PostgresOperator": "from airflow.providers.postgres.operators.postgres import PostgresOperator",
    "AirflowSkipException": "from airflow.exceptions import AirflowSkipException",
}
_OPERATOR = re.compile(r"^[A-Z]\w*(Operator|Sensor)$")
_NEEDS_CALLABLE = {"PythonOperator", "BranchPythonOperator"}
_METHODS = {"set_upstream", "set_downstream"}


class Listing(NamedTuple):
    """Code blocks under one heading. ``label`` is its number in the book."""

    label: str
    line: int
    blocks: list[str]


def listings(text: str, chapters: Iterable[int]) -> list[Listing]:
    """Every listing of the chapters, in order."""
    wanted = {str(chapter) for chapter in chapters}
    found: list[Listing] = []
    label, block = "", None
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip().startswith("```"):
            if block is not None and label.split(".", maxsplit=1)[0] in wanted:
                if not found or found[-1].label != label:
                    found.append(Listing(label, number, []))
                found[-1].blocks.append("\n".join(block))
            block = [] if block is None else None
        elif block is not None:
            block.append(line)
        elif heading := re.search(r"(?:^\s*|: )Listing (\d+\.\d+)\b", line):
            label = heading[1]
    return found


def cleaned(block: str) -> str:
    """Without the marks of the page: line numbers, buttons, legends."""
    lines = []
    for line in block.split("\n"):
        bare = line.strip()
        if bare == "copy" or re.match(r"#[A-Z],? ", bare):
            break  # what follows are explanations
        if not re.fullmatch(r"\d+", bare):
            lines.append(line.rstrip())
    return "\n".join(lines).strip("\n")


def _without_ellipsis(text: str) -> str:
    """``f(a, ...)`` and a line ``...`` inside parentheses say "and more": they are dropped."""
    text = re.sub(r"def (\w+)\(\.\.\.\)", r"def \1(**_)", text)
    text = re.sub(r"(def \w+\([^)]*), \.\.\.\)", r"\1, **_)", text)
    depth, kept = 0, []
    for line in text.split("\n"):
        if not (depth and line.strip().rstrip(",") == "..."):
            kept.append(re.sub(r"^\) \.\.\.$", ")", line))
        depth += line.count("(") + line.count("[") + line.count("{")
        depth -= line.count(")") + line.count("]") + line.count("}")
    return "\n".join(kept)


def mended(text: str) -> ast.Module | None:
    """The tree after small repairs of what paging broke, or None."""
    lines = _without_ellipsis(text).split("\n")
    for _ in range(12):
        try:
            return ast.parse("\n".join(lines))
        except SyntaxError as error:
            at, said = (error.lineno or 1) - 1, error.msg
            if at >= len(lines):
                return None
            if "unterminated string" in said and at + 1 < len(lines):
                lines[at : at + 2] = [lines[at].rstrip() + " " + lines[at + 1].lstrip()]
            elif "expected ':'" in said:
                lines[at] = lines[at].rstrip() + ":"
            elif "unexpected indent" in said and at > 0:
                lines[at] = lines[at].lstrip()
            elif "expected an indented block" in said and lines[at].strip() in {"...", ""}:
                lines[at] = "    " + (lines[at].strip() or "pass")
            elif (dag := _unclosed(lines)) is not None:
                lines[dag - 1] = lines[dag - 1].rstrip(",") + "),"
            elif lines[at].strip().startswith("'") and at > 0 and lines[at - 1].lstrip().startswith("#"):
                lines[at] = "# " + lines[at]  # the end of a wrapped comment
            else:
                return None
    return None


def _unclosed(lines: list[str]) -> int | None:
    """The line ``dag=dag,`` that stands inside a text in parentheses nobody closed."""
    for number, line in enumerate(lines):
        before = "\n".join(lines[:number])
        if line.strip() == "dag=dag," and before.count("(") - before.count(")") == 2 and before.rstrip().endswith('",'):
            return number
    return None


def _leaks(tree: ast.Module) -> bool:
    """Whether code outside of functions uses what only a function is given."""
    outside = [node for node in tree.body if not isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    used = {n.id for top in outside for n in ast.walk(top) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return "context" in used


def _shifted(text: str) -> Iterator[str]:
    """The block as it is, without its indentation, or deeper."""
    lines = text.split("\n")
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    bare = [line[indent:] for line in lines]
    yield text
    yield "\n".join(bare)
    tail = next((n for n, line in enumerate(bare) if n and re.match(r"\w+ = \w+Operator\(", line)), None)
    if tail is not None:  # the rest of a function's body, then tasks
        yield "\n".join(["    " + line for line in bare[:tail]] + bare[tail:])
    for width in (4, 8, 12):
        yield "\n".join(" " * width + line if line else line for line in bare)


def joined(blocks: list[str]) -> list[ast.Module]:
    """The blocks as one tree where they are parts of one; else those that parse, each for itself."""
    texts = [text for block in blocks if (text := cleaned(block)).strip()]

    def variants(text: str) -> list[str]:
        return list(dict.fromkeys(_shifted(text)))

    found, at = [], 0
    while at < len(texts):
        for size in range(min(4, len(texts) - at), 0, -1):
            trees = (
                mended("\n".join(tried)) for tried in itertools.product(*(variants(t) for t in texts[at : at + size]))
            )
            # A body that lost its indentation parses too, but leans on the arguments of its function.
            tree = next((tree for tree in trees if tree is not None and not _leaks(tree)), None)
            if tree is not None:
                found.append(tree)
                break
        at += size
    return found


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def builds(tree: ast.Module, decorated: set[str] = frozenset()) -> bool:  # type: ignore[assignment]
    """Whether it defines a DAG or a part of one; ``decorated`` are functions known to make a task when called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _name(node.func)
            if (
                name == "DAG"
                or name in _METHODS
                or _OPERATOR.match(name)
                or name.startswith("generate_")
                or name in decorated
            ):
                return True
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.BinOp)
            and isinstance(node.value.op, (ast.RShift, ast.LShift))
        ):
            return True
        if isinstance(node, ast.FunctionDef) and any(_name(d) == "task" for d in node.decorator_list):
            return True
    return False


class _Fill(ast.NodeTransformer):
    """Gives DAGs and operators the arguments that the text leaves out."""

    def __init__(self, dag_id: str, functions: set[str], home: str) -> None:
        self.dag_id, self.functions, self.home = dag_id, functions, home
        self.numbers, self.target, self.makes_dag = itertools.count(1), "", False
        self.in_function = 0
        self.dag_numbers, self.seen = itertools.count(1), set()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.in_function += 1
        self.generic_visit(node)
        self.in_function -= 1
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str):
            node.value = re.sub(r"(?<![\w.])/(tmp|data)\b", rf"{self.home}/\1", node.value)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.target = _name(node.targets[0])
        self.generic_visit(node)
        self.target = ""
        return node

    def _name_apart(self, node: ast.Call, given: set[str | None], name: str) -> None:
        """A task that is shown twice, in two notations, becomes two."""
        for keyword in node.keywords:
            if keyword.arg == "task_id" and isinstance(keyword.value, ast.Constant) and name != "DAG":
                if keyword.value.value in self.seen:
                    keyword.value.value = f"{keyword.value.value}__{next(self.numbers)}"
                self.seen.add(keyword.value.value)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name, target = _name(node.func), self.target
        self.target = ""
        self.generic_visit(node)
        if name != "DAG" and not _OPERATOR.match(name):
            return node
        node.args = [a for a in node.args if not _is_dots(a)]
        given = {k.arg for k in node.keywords if not _is_dots(k.value)}
        node.keywords = [k for k in node.keywords if not _is_dots(k.value)]

        def add(argument: str, text: str) -> None:
            node.keywords.append(ast.keyword(argument, ast.parse(text, mode="eval").body))

        self._name_apart(node, given, name)
        if name == "DAG":
            self.makes_dag |= not self.in_function
            if "dag_id" not in given and not node.args:
                number = next(self.dag_numbers)
                add("dag_id", repr(self.dag_id if number == 1 else f"{self.dag_id}_{number}"))
            if "start_date" not in given:
                add("start_date", "__import__('datetime').datetime(2019, 1, 1)")
            if not given & {"schedule_interval", "schedule"}:
                add("schedule_interval", "None")
            return node
        task_id = next(
            (k.value.value for k in node.keywords if k.arg == "task_id" and isinstance(k.value, ast.Constant)), target
        )
        if "task_id" not in given:
            task_id = task_id or f"task_{next(self.numbers)}"
            add("task_id", repr(task_id))
        if name in _NEEDS_CALLABLE and "python_callable" not in given:
            known = f"_{task_id}" in self.functions
            add(
                "python_callable",
                f"_{task_id}" if known else "lambda **_: []" if name[0] == "B" else "lambda **_: None",
            )
        if name == "BashOperator" and "bash_command" not in given:
            add("bash_command", "'true'")
        return node


def _is_dots(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and (node.value is ... or node.value == "...")


def _edge_names(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.RShift, ast.LShift)):
            for side in (node.left, node.right):
                items = side.elts if isinstance(side, ast.List) else [side]
                found |= {item.id for item in items if isinstance(item, ast.Name)}
        if isinstance(node, ast.Call) and _name(node.func) in _METHODS and isinstance(node.func, ast.Attribute):
            found |= {side.id for side in (node.func.value, *node.args) if isinstance(side, ast.Name)}
    return found


def _free(tree: ast.AST) -> list[str]:
    bound, used = set(dir(builtins)), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store):
                bound.add(node.id)
            else:
                used.append(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return [name for name in dict.fromkeys(used) if name not in bound]


class Assembler:
    """Goes through a chapter; functions of earlier listings are known in later ones."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.functions: dict[str, ast.FunctionDef] = {}

    @property
    def decorated(self) -> set[str]:
        """Functions that make a task when they are called."""
        return {name for name, node in self.functions.items() if any(_name(d) == "task" for d in node.decorator_list)}

    def learn(self, trees: list[ast.Module]) -> None:
        """Remember what is defined."""
        for tree in trees:
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef):
                    self.functions[node.name] = node

    def assembled(self, label: str, trees: list[ast.Module]) -> str:
        """The text of a file that loads."""
        body = [node for tree in trees for node in tree.body if not _shows_a_call(node)]
        tree = ast.Module(body=body, type_ignores=[])
        edges, before = _edge_names(tree), []
        waiting = _free(tree)
        if {"generate_dag", "generate_tasks"} & set(waiting):
            waiting += ["os", "BashOperator", "airflow", "DAG"]
        borrowed: set[str] = set()
        while waiting:
            name = waiting.pop(0)
            if name in self.functions and name not in borrowed and name != "task":
                borrowed.add(name)
                before.append(self.functions[name])
                waiting += _free(self.functions[name])
        imports = {name: IMPORTS[name] for name in IMPORTS}
        whole = ast.Module(body=[*before, *body], type_ignores=[])
        fill = _Fill(
            f"listing_{label.replace('.', '_')}",
            {n.name for n in ast.walk(whole) if isinstance(n, ast.FunctionDef)},
            self.home,
        )
        whole = fill.visit(whole)
        body = whole.body
        free = _free(whole)
        calls_factory = any(isinstance(n, ast.Call) and _name(n.func) == "generate_dag" for n in ast.walk(tree))
        head: list[str] = [imports[name] for name in free if name in imports]
        inside: list[str] = []
        for name in free:
            if name in imports or name == "dag":
                continue
            if name in edges:
                inside.append(f"{name} = DummyOperator(task_id={name!r})")
            elif name.isupper():
                head.append(f"{name} = __import__('pendulum').datetime(2019, 1, 2)")
            else:
                head.append(f"{name} = lambda *_, **__: None")
        if inside:
            head.append(IMPORTS["DummyOperator"])
        dag_line = (
            f"DAG({fill.dag_id!r}, start_date=__import__('datetime').datetime(2019, 1, 1), schedule_interval=None)"
        )
        code = "\n".join(ast.unparse(ast.fix_missing_locations(node)) for node in body)
        if not fill.makes_dag and not calls_factory and not _only_factory(body):
            head.append(IMPORTS["DAG"])
            code = f"with {dag_line} as dag:\n" + "\n".join(f"    {line}" for line in [*inside, *code.split("\n")])
        elif inside:
            # Tasks that are only named in edges join the DAG the listing makes.
            head.append(IMPORTS["DAG"])
            code = _tasks_into_dag(code, inside)
        return "\n".join([*dict.fromkeys(head), code]) + "\n"


def _shows_a_call(node: ast.stmt) -> bool:
    """``_get_data(output_path="x")``: the text explains what a task will call."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _name(node.value.func).startswith("_")


def _only_factory(body: list[ast.stmt]) -> bool:
    return all(isinstance(node, (ast.FunctionDef, ast.Import, ast.ImportFrom)) for node in body) and any(
        isinstance(node, ast.FunctionDef) and node.name.startswith("generate_") for node in body
    )


def _tasks_into_dag(code: str, inside: list[str]) -> str:
    lines = code.split("\n")
    for number, line in enumerate(lines):
        if line.startswith("with DAG("):
            return "\n".join([*lines[: number + 1], *(f"    {text}" for text in inside), *lines[number + 1 :]])
        if re.match(r"\w+ = DAG\(", line):
            name = line.split(" ")[0]
            made = [text.replace("task_id=", f"dag={name}, task_id=") for text in inside]
            return "\n".join([*lines[: number + 1], *made, *lines[number + 1 :]])
    return code
