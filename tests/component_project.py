"""A team's component project: a library, its tests, a DAG folder. Our own one, or the one of the book's listings.

``from_book`` types the listings into files again: classes that the text shows in parts are put together, blanks (``...``)
filled with what an earlier listing has there, the addresses of its containers replaced by those of the tests' services.
Nothing of the text is kept in this repository; without it only ``own`` can be laid out.
"""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path
from typing import NamedTuple

from tests.book import joined, listings, mended

OWN = Path(__file__).parent / "fixtures" / "component_project"
_LOGIN = 'Connection(conn_id="test", login="airflow", password="airflow")'
_HOOK_IMPORTS = "import os\nimport requests\nfrom airflow.hooks.base_hook import BaseHook\n"
_CONTEXT = """
    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self._session:
            self._session.close()
        self._session = None
        self._base_url = None
"""


class Project(NamedTuple):
    """Where it lies. ``packages`` are installed, ``module`` has ``hook``; ``tests`` is what pytest is given."""

    root: Path
    packages: list[Path]
    module: str
    hook: str


def own(root: Path) -> Project:
    """A copy of ours."""
    shutil.copytree(OWN, root, ignore=shutil.ignore_patterns("__pycache__"))
    return Project(root, [root], "airflow_ratings.hooks", "RatingsHook")


class Listings:
    """The trees of the book's listings by number."""

    def __init__(self, text: str) -> None:
        self.blocks = {listing.label: listing.blocks for listing in listings(text, (8, 9))}

    def trees(self, label: str) -> list[ast.stmt]:
        """Every statement of the listing; methods that slipped out of their class are put back."""
        body: list[ast.stmt] = []
        parsed = joined(self.blocks[label])
        if not parsed:
            whole = mended(_flowing("\n".join(self.blocks[label])))
            assert whole is not None, f"listing {label} cannot be read"
            parsed = [whole]
        for tree in parsed:
            for node in tree.body:
                last = body[-1] if body else None
                is_method = isinstance(node, ast.FunctionDef) and node.args.args[:1] and node.args.args[0].arg == "self"
                slipped = isinstance(node, (ast.Assign, ast.Assert, ast.Expr)) and isinstance(last, ast.FunctionDef)
                if (is_method and isinstance(last, ast.ClassDef)) or (
                    slipped and isinstance(last, ast.FunctionDef) and last.name.startswith("test_")
                ):
                    last.body.append(node)
                else:
                    body.append(node)
        return body

    def one(self, label: str, name: str) -> ast.ClassDef | ast.FunctionDef:
        """The class or function of that name."""
        [found] = [n for n in self.trees(label) if isinstance(n, (ast.ClassDef, ast.FunctionDef)) and n.name == name]
        return found

    def source(self, label: str, name: str) -> str:
        """Its text."""
        return ast.unparse(ast.fix_missing_locations(self.one(label, name)))


def _flowing(text: str) -> str:
    """Without the page's line numbers and buttons; lines that paging cut where no line can end are joined again."""
    lines: list[str] = []
    for line in text.split("\n"):
        bare = line.strip()
        if re.fullmatch(r"\d+", bare) or bare == "copy":
            continue
        before = lines[-1] if lines else ""
        if (
            before.rstrip().endswith(("=", "import"))
            or (before.startswith("from ") and before.endswith(","))
            or (before.count("(") > before.count(")") and line[:1].strip())
        ):
            lines[-1] = before.rstrip() + " " + bare
        else:
            lines.append(line)
    return "\n".join(lines)


def _merged(parts: list[ast.ClassDef]) -> ast.ClassDef:
    """One class of several views of it: what a later one shows again replaces the earlier."""
    kept: dict[str, ast.stmt] = {}
    for part in parts:
        for node in part.body:
            if isinstance(node, ast.FunctionDef):
                kept[node.name] = node
            elif isinstance(node, ast.Assign):
                kept[ast.unparse(node.targets[0])] = node
    whole = parts[0]
    whole.body = list(kept.values())
    return whole


def _hook(book: Listings) -> str:
    """The hook: address and log-in (8.12), the cache (8.13, shown with blanks), pages (8.14)."""
    plain, pages = book.one("8.12", "MovielensHook"), book.one("8.14", "MovielensHook")
    assert isinstance(plain, ast.ClassDef)
    assert isinstance(pages, ast.ClassDef)
    whole = _merged([plain, pages])
    methods = {n.name: n for n in whole.body if isinstance(n, ast.FunctionDef)}
    start = methods["__init__"]
    start.args.args.append(ast.arg("retry"))
    start.args.defaults.append(ast.Constant(3))
    start.body += ast.parse("self._session = None\nself._base_url = None").body
    once = methods["get_conn"]
    gives = once.body.pop()
    assert isinstance(gives, ast.Return)
    fresh = ast.parse("if self._session is None:\n    pass\nreturn self._session, self._base_url").body
    assert isinstance(fresh[0], ast.If)
    fresh[0].body = [*once.body, *ast.parse("self._session, self._base_url = session, base_url").body]
    once.body = fresh
    text = ast.unparse(ast.fix_missing_locations(whole))
    text = text.replace("session.get(url,", "session.get(base_url + endpoint,")  # the text forgets to make it
    text = re.sub(r"DEFAULT_HOST = .*", "DEFAULT_HOST = '127.0.0.1'", text)
    text = re.sub(r"DEFAULT_PORT = .*", "DEFAULT_PORT = int(os.environ['RATINGS_PORT'])", text)
    return f"{_HOOK_IMPORTS}\n{text}\n{_CONTEXT}"


def _operators(book: Listings) -> str:
    name = "MovielensFetchRatingsOperator"
    parts = [book.one(label, name) for label in ("8.21", "8.22", "8.24")]
    whole = _merged([part for part in parts if isinstance(part, ast.ClassDef)])
    head = "import json\nimport os\nfrom airflow.models import BaseOperator\nfrom airflow.utils.decorators import apply_defaults\n"
    return f"{head}from .hooks import MovielensHook\n\n{ast.unparse(ast.fix_missing_locations(whole))}\n"


def _sensors(book: Listings) -> str:
    """The sensor: its beginning is shown in pieces (8.28), its check whole (8.29)."""
    whole = book.one("8.29", "MovielensRatingsSensor")
    head = [n for n in book.trees("8.28") if isinstance(n, (ast.Assign, ast.FunctionDef, ast.ImportFrom))]
    whole.body = [*(n for n in head if not isinstance(n, ast.ImportFrom)), *whole.body]
    imports = "\n".join(ast.unparse(n) for n in head if isinstance(n, ast.ImportFrom))
    return f"{imports}\nfrom .hooks import MovielensHook\n\n{ast.unparse(ast.fix_missing_locations(whole))}\n"


def _library(book: Listings, root: Path) -> Path:
    """The package of chapter 8."""
    place = root / "src" / "airflow_movielens"
    place.mkdir(parents=True)
    (root / "setup.py").write_text("\n".join(ast.unparse(node) for node in book.trees("8.31")) + "\n")
    (place / "__init__.py").write_text("")
    (place / "hooks.py").write_text(_hook(book))
    (place / "operators.py").write_text(_operators(book))
    (place / "sensors.py").write_text(_sensors(book))
    return root


def _second_library(book: Listings, root: Path) -> Path:
    """The package that the tests of chapter 9 import."""
    place = root / "airflowbook"
    for folder in (place, place / "hooks", place / "operators"):
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("")
    (root / "setup.py").write_text(
        "import setuptools\nsetuptools.setup(name='airflowbook', version='0.1', packages=setuptools.find_packages(),"
        " install_requires=['apache-airflow', 'requests'])\n"
    )
    (place / "hooks" / "movielens_hook.py").write_text(_hook(book))
    download = book.source("9.21", "MovielensDownloadOperator").replace(
        "json.dumps(ratings)", "json.dumps(list(ratings))"
    )
    to_postgres = "\n\n".join(ast.unparse(node) for node in book.trees("9.27"))
    popular = book.source("9.10", "MovielensPopularityOperator")
    head = "import json\nfrom collections import Counter, defaultdict\n"
    (place / "operators" / "movielens_operator.py").write_text(
        "\n\n".join([head, to_postgres, popular, download]) + "\n"
    )
    (place / "operators" / "json_to_csv_operator.py").write_text(
        "import csv\nimport json\nfrom airflow.models import BaseOperator\n\n"
        + book.source("9.19", "JsonToCsvOperator")
        + "\n"
    )
    return root


def _test(book: Listings, label: str, name: str, *, as_name: str = "", connection: str = "") -> str:
    """A test of the book; its fixture ``mock`` is called ``mocker`` today."""
    text = book.source(label, name)
    head, _, body = text.partition("\n")
    head = re.sub(r"\bmock\b", "mocker", head).replace(f"def {name}(", f"def {as_name or name}(")
    body = re.sub(r"\bmock\.patch", "mocker.patch", body)
    return f"{head}\n{body.replace('Connection(...)', connection)}\n"


def _tests(book: Listings, root: Path) -> None:
    (root / "tests" / "dags").mkdir(parents=True)
    own_conftest = (OWN / "tests" / "conftest.py").read_text()
    services = own_conftest[own_conftest.index('@pytest.fixture(scope="module")') :]
    (root / "tests" / "conftest.py").write_text(
        "import os\nfrom types import SimpleNamespace\n"
        + "\n".join(ast.unparse(node) for node in book.trees("9.25"))
        + "\n\n"
        + services  # a server of the tests stands in for the container
    )
    (root / "tests" / "dags" / "test_dag_integrity.py").write_text(
        "\n".join(ast.unparse(node) for node in book.trees("9.3")) + "\n"
    )
    imports = (
        "import datetime\n\nfrom airflow import DAG\nfrom airflow.models import Connection\n"
        "from airflow.operators.bash import BashOperator\nfrom airflowbook.operators.movielens_operator import (\n"
        "    MovielensDownloadOperator, MovielensHook, MovielensPopularityOperator, MovielensToPostgresOperator, PostgresHook,\n)\n"
    )
    call = '(task_id="test_id", conn_id="testconn", start_date="2015-01-01", end_date="2015-01-03")'
    counted = "    result = task.execute(context=None)\n    assert mock_get.call_count == 1\n    mock_get.assert_called_with('testconn')\n"
    name = "test_movielenspopularityoperator"
    whole = [
        imports,
        _test(book, "9.11", "test_example"),
        _test(book, "9.15", name),
        _test(book, "9.18", name, as_name="test_one_call_of_the_store", connection=_LOGIN).replace("(...)", call)
        + counted,
        _test(book, "9.23", "test_movielens_operator"),
        _test(book, "9.26", "test_movielens_operator", as_name="test_with_the_dag_of_a_fixture").replace(
            "dag.default_args", "test_dag.default_args"
        ),
        _test(book, "9.33", "test_movielens_to_postgres_operator"),
    ]
    (root / "tests" / "test_operators.py").write_text("\n\n".join(whole))
    csv_test = [node for node in book.trees("9.20") if not isinstance(node, ast.Expr)]
    (root / "tests" / "test_json_to_csv_operator.py").write_text(
        "\n".join(ast.unparse(node) for node in csv_test) + "\n"
    )


def _dags(book: Listings, root: Path) -> None:
    place = root / "dags"
    place.mkdir()
    head = (
        "import datetime\nfrom airflow import DAG\nfrom airflow.operators.bash import BashOperator\n"
        "from airflow.operators.dummy import DummyOperator\n"
        "dag = DAG('chapter8_{name}', start_date=datetime.datetime(2019, 1, 1))\n"
    )
    for label, name in (("9.1", "dag_cycle"), ("9.7", "bash_operator_no_command")):
        text = "\n".join(ast.unparse(node) for node in book.trees(label))
        (place / f"{name}.py").write_text(f"{head.format(name=name)}{text}\n")
    for name in ("duplicate_task_ids", "testme"):
        shutil.copy(OWN / "dags" / "mistakes" / f"{name}.py", place)
    (place / "good.py").write_text(
        f"{head.format(name='good')}BashOperator(task_id='hello', bash_command='date', dag=dag)\n"
    )


def from_book(text: str, root: Path) -> Project:
    """The project of the listings of chapters 8 and 9."""
    book = Listings(text)
    root.mkdir()
    packages = [_library(book, root / "airflow-movielens"), _second_library(book, root / "airflowbook")]
    _tests(book, root)
    _dags(book, root)
    return Project(root, packages, "airflow_movielens.hooks", "MovielensHook")
