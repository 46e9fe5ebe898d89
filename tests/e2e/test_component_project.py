"""A team's library of components and its tests, with plain ``pytest``, where only our distributions are installed."""

from __future__ import annotations

import os
import re
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.component_project import Project, from_book, own
from tests.doubles import ratings
from tests.fresh_environment import Environment, build_wheels
from tests.require import missing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SEEDS = Path(os.environ.get("TRADEWIND_SEEDS") or Path(__file__).resolve().parents[3] / "shared" / "seeds")
#: What the tests import besides ours, as released today; the older versions that the book names are not tried.
TOOLS = ("pytest", "pytest-mock", "pytest-helpers-namespace")
MISTAKES = {"dag_cycle.py", "bash_operator_no_command.py", "duplicate_task_ids.py", "testme.py"}


def records() -> list[dict[str, Any]]:
    """Six movies with five ratings each in the first days of 2015, and a few around New Year."""
    many = ratings.ratings("2015-01-01", days=2, per_day=15)
    for number, record in enumerate(many):
        record["movieId"] = number % 6
    few = [one for day in ("2014-12-31", "2018-12-31") for one in ratings.ratings(day, days=1, per_day=2)]
    return sorted([*many, *few], key=lambda record: int(record["timestamp"]))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    made = Environment(tmp_path_factory.mktemp("fresh") / "venv")
    made.install(*build_wheels(tmp_path_factory.mktemp("wheels")), "psycopg[binary]", *TOOLS)
    return made


def tunnel(path: str) -> tuple[socket.socket, int]:
    """A free port whose connections lead to the socket file: the server of the tests has no port of its own."""
    listener = socket.create_server(("127.0.0.1", 0))

    def copy(source: socket.socket, target: socket.socket) -> None:
        with closing(target):
            while data := source.recv(65536):
                target.sendall(data)

    def serve() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return  # closed
            far = socket.socket(socket.AF_UNIX)
            far.connect(path)
            for pair in ((near, far), (far, near)):
                threading.Thread(target=copy, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return listener, listener.getsockname()[1]


@pytest.fixture
def services(postgres_server: Any) -> Iterator[dict[str, str]]:
    """The two systems that the components talk to, as the environment of the tests."""
    import psycopg

    with psycopg.connect(postgres_server.get_uri(), autocommit=True) as conn:
        conn.execute("DROP DATABASE IF EXISTS testuser")
        conn.execute("DROP ROLE IF EXISTS testuser")
        conn.execute("CREATE ROLE testuser LOGIN SUPERUSER PASSWORD 'testpass'")
        conn.execute("CREATE DATABASE testuser OWNER testuser")
    with psycopg.connect(postgres_server.get_uri("testuser"), autocommit=True) as conn:
        conn.execute(
            "CREATE TABLE movielens (movieId integer, rating float, ratingTimestamp integer, userId integer,"
            " scrapeTime timestamp)"
        )
    folder = re.search(r"host=([^&]+)", postgres_server.get_uri())
    assert folder is not None
    listener, port = tunnel(f"{folder[1]}/.s.PGSQL.5432")
    with closing(listener), ratings.serving(records()) as service:
        yield {"RATINGS_PORT": str(service.port), "TEST_POSTGRES_PORT": str(port)}


@pytest.fixture(params=["own", "book"])
def project(request: pytest.FixtureRequest) -> Iterator[Project]:
    with tempfile.TemporaryDirectory(prefix="twp") as folder:  # short: pytest names no test after a long path
        yield lay_out(request.param, Path(folder) / "project")


def lay_out(which: str, root: Path) -> Project:
    if which == "own":
        return own(root)
    found = sorted(SEEDS.glob("003_*.txt"))
    if not found:
        missing(
            "seeds", f"no book text in {SEEDS.name}/ beside the repository; the project of our own is tested instead"
        )
    return from_book(found[0].read_text(encoding="utf-8"), root)


@pytest.fixture
def installed(environment: Environment, project: Project) -> Callable[..., Any]:
    """Run a command in the project, its packages installed."""
    environment.install(*project.packages)
    return lambda *words, **env: environment.run(*words, cwd=project.root, **env)


@pytest.mark.spec("2/PK-05", "2/PK-06", "2/PK-08", "2/PK-11", "2/FX-05", "2/TR-12", "2/TR-03")
def test_a_library_that_needs_airflow_by_name_is_installed_and_imported(
    environment: Environment, project: Project, installed: Callable[..., Any]
) -> None:
    environment.check()
    names = environment.names()
    assert not any(name.startswith("apache-airflow-providers") for name in names)
    package = project.module.partition(".")[0]
    code = (
        f"from {project.module} import {project.hook}; import {package}.operators, {package}.sensors, airflow\n"
        f"print({project.hook}, airflow.__version__)"
    )
    told = installed("python", "-W", "ignore", "-c", code, RATINGS_PORT="1")
    assert told.stderr == ""
    assert told.stdout.startswith(f"<class '{project.module}.{project.hook}'>")
    assert told.stdout.strip().endswith("+tradewind")
    assert not (project.root / "no-such-home").exists(), "an import makes nothing in the user's folder"


@pytest.mark.spec("2/TS-11", "2/TS-12", "2/TS-14", "2/TS-15", "2/TS-16", "2/TS-17", "2/TS-18", "2/TS-19")
@pytest.mark.spec("2/TS-20", "2/TS-21", "2/TS-25", "2/TS-26", "2/TS-27", "2/TS-28", "2/TS-35", "2/TS-36", "2/TR-02")
@pytest.mark.spec("2/FX-09", "2/TS-13")
def test_its_own_tests_pass(installed: Callable[..., Any], services: dict[str, str], project: Project) -> None:
    done = installed("pytest", "tests", "-q", "-rA", "--deselect", "tests/dags", **services)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    passed = set(re.findall(r"^PASSED tests/\S+::(\w+)", done.stdout, re.MULTILINE))
    assert {"test_example", "test_json_to_csv_operator", "test_movielens_to_postgres_operator"} <= passed or {
        "test_example", "test_json_to_csv", "test_to_postgres", "test_download", "test_popularity",
        "test_patching_where_it_is_defined_works_too",
    } <= passed  # fmt: skip
    assert not (project.root / "no-such-home").exists()


@pytest.mark.spec("2/TS-02", "2/TS-03", "2/TS-04", "2/TS-05", "2/TS-07", "2/TS-08", "2/TR-01")
@pytest.mark.spec("2/FX-06", "2/FX-07", "2/FX-08", "2/FX-09")
def test_the_integrity_test_finds_the_four_mistakes_and_nothing_else(installed: Callable[..., Any]) -> None:
    done = installed("pytest", "tests/dags", "-q", "-rA", RATINGS_PORT="1")
    assert done.returncode == 1, done.stdout[-3000:]
    broken = set(re.findall(r"^FAILED \S+\[.*/(\w+\.py)\]", done.stdout, re.MULTILINE))
    assert broken == MISTAKES
    assert re.search(r"^PASSED .*/good\.py\]", done.stdout, re.MULTILINE)
    assert "AirflowDagCycleException: Cycle detected in DAG. Faulty task: t3 to t1" in done.stdout
    assert "Argument ['bash_command'] is required" in done.stdout
    assert "DuplicateTaskIdFound" in done.stdout
