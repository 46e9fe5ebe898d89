from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from tests.house import ROOT, SRC
from tradewind import telemetry
from tradewind.api.app import create_app
from tradewind.cli.main import NOUNS
from tradewind.settings import OPTIONS, load_settings

DOCS = ROOT / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text()


def test_every_setting_stands_in_the_reference() -> None:
    text = page("reference/settings.md")
    missing = [f"[{o.section}] {o.key}" for o in OPTIONS if not re.search(rf"^\| `{o.key}` \|", text, re.MULTILINE)]
    assert not missing, f"run script/docs: {missing}"


def test_every_command_stands_in_the_reference() -> None:
    text = page("reference/cli.md")
    missing = []
    for name, noun in NOUNS.items():
        for verb in import_module(f"tradewind.cli.{noun.module}").VERBS:
            heading = f"`tradewind {name} {verb.name}".rstrip() + "`"
            if heading not in text:
                missing.append(heading)
    assert not missing, f"run script/docs: {missing}"


def test_every_endpoint_stands_in_the_reference(tmp_path: Path) -> None:
    text = page("reference/rest-api.md")
    paths = create_app(load_settings({"TRADEWIND_HOME": str(tmp_path)})).openapi()["paths"]
    missing = [path for path in paths if f"`{path.replace('/api/v2/', '/api/v1/')}`" not in text]
    assert not missing, f"run script/docs: {missing}"


def test_every_event_stands_in_the_reference() -> None:
    text = page("reference/events.md")
    names = [cls.__name__ for cls in telemetry.Event.__subclasses__() if cls.__module__ == "tradewind.telemetry"]
    assert names
    missing = [name for name in names if f"`{name}`" not in text]
    assert not missing, f"run script/docs: {missing}"


def test_generated_pages_are_as_the_sources_say() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "docs.generate", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_dependency_has_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *(n for e in project["project"]["optional-dependencies"].values() for n in e),
    ]
    wanted += [n for group in project["dependency-groups"].values() for n in group]
    text = page("dependencies.md")
    names = [re.split(r"[\[><=; ]", w)[0] for w in wanted]
    families = {re.sub(r"^apache-airflow-providers-.*", "apache-airflow-providers-*", name) for name in names}
    missing = sorted(name for name in families if f"`{name}`" not in text)
    assert not missing, missing


def test_links_between_pages_lead_somewhere() -> None:
    link = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
    broken = [
        f"{file.relative_to(ROOT)} -> {target}"
        for file in [ROOT / "README.md", *DOCS.rglob("*.md")]
        for target in link.findall(file.read_text())
        if not (file.parent / target).exists()
    ]
    assert not broken, broken


def snippets() -> list[tuple[str, str]]:
    """Python blocks of the pages. ```` ```python ```` is run; ```` ```python no-run ```` only has to be Python."""
    block = re.compile(r"^```python([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return [
        (f"{file.relative_to(ROOT)}#{at}{info}", code)
        for file in [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
        for at, (info, code) in enumerate(block.findall(file.read_text()))
    ]


@pytest.mark.parametrize(("name", "code"), snippets(), ids=[name for name, _ in snippets()])
def test_python_in_the_pages_runs(name: str, code: str, tmp_path: Path) -> None:
    ast.parse(code)
    if "no-run" in name:
        return
    file = tmp_path / "snippet.py"
    file.write_text(code)
    program = f"from tradewind.compat import install; install(); import runpy; runpy.run_path({str(file)!r})"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_every_error_has_a_code_and_stands_on_the_one_page() -> None:
    tree = ast.parse((SRC / "errors.py").read_text())
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    picture = ast.get_docstring(tree) or ""
    for cls in classes:
        assert cls.name in picture, f"{cls.name} is missing from the tree at the head of errors.py"
        assert any(isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "code" for n in cls.body), cls.name
