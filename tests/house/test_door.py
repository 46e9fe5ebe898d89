from __future__ import annotations

import subprocess
import sys

import pytest

import tradewind

#: What authors may rely on. A name leaves this list with a deprecation, never silently.
PROMISED = {
    "DAG", "dag", "task", "TaskGroup", "task_group", "BaseOperator", "XComArg", "Param",
    "Variable", "Connection", "Asset", "Artifact", "chain", "cross_downstream", "Label", "TriggerRule",
    "get_current_context",
}  # fmt: skip


def test_the_door_opens_on_everything_promised() -> None:
    missing = PROMISED - set(tradewind.__all__)
    assert not missing, f"tradewind.__all__ lacks {sorted(missing)}"
    for name in tradewind.__all__:
        assert getattr(tradewind, name) is not None


def test_the_door_opens_on_nothing_by_accident() -> None:
    public = {name for name in vars(tradewind) if name.isidentifier() and not name.startswith("_")}  # pytest adds "@x"
    rooms = {
        name for name in public
        if getattr(getattr(tradewind, name), "__name__", "").startswith("tradewind.")
    }  # fmt: skip
    extra = public - set(tradewind.__all__) - rooms - {"annotations", "import_module", "TYPE_CHECKING", "Any"}
    assert not extra, f"underscore these or promise them: {sorted(extra)}"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        tradewind.NoSuchThing  # noqa: B018


HEAVY = (
    "sqlalchemy",
    "alembic",
    "fastapi",
    "pydantic",
    "pendulum",
    "pandas",
    "matplotlib",
    "uvicorn",
    "croniter",
    "cryptography",
    "requests",
)


def loaded_by(code: str) -> set[str]:
    """Top-level modules in memory after running the code in a fresh interpreter."""
    program = f"{code}\nimport sys\nprint('\\n'.join({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import tradewind",
        "import tradewind.domain.states, tradewind.settings, tradewind.loop, tradewind.errors",
        "import tradewind.cli.main",
        "from tradewind.cli.main import main; main(['version'])",
        "from tradewind.cli.main import main; main(['config', 'list'])",
        "from tradewind.cli.main import main; main(['--help'])",
        "import tradewind.cli.standalone",
    ],
)
def test_the_start_loads_nothing_heavy(code: str) -> None:
    assert not loaded_by(code) & set(HEAVY)


@pytest.mark.parametrize(
    ("code", "never"),
    [
        ("import tradewind.sdk.dag", {"sqlalchemy", "alembic", "fastapi", "pandas", "matplotlib", "uvicorn"}),
        (
            "import tradewind.worker.host",
            {"sqlalchemy", "alembic", "fastapi", "pandas", "matplotlib", "uvicorn", "pydantic"},
        ),
        ("import tradewind.scheduler.main", {"fastapi", "pydantic", "uvicorn", "pandas", "alembic", "jinja2"}),
        ("import tradewind.parser.main", {"fastapi", "pydantic", "uvicorn", "pandas", "alembic", "jinja2"}),
    ],
)
def test_no_process_loads_what_is_not_its_business(code: str, never: set[str]) -> None:
    assert not loaded_by(code) & never
