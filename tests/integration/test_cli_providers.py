"""``tradewind providers`` and ``connections test`` with a provider package of somebody else's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FACTS = """
def facts():
    return {
        "package-name": "acme-provider", "name": "Acme", "description": "`Acme <https://acme.example>`__",
        "connection-types": [{"connection-type": "acme", "hook-class-name": "acme_provider.hooks.AcmeHook"}],
        "extra-links": ["acme_provider.links.AcmeLink"],
    }
"""
HOOKS = """
from airflow.hooks.base import BaseHook

print("a hook may print what it likes")

class AcmeHook(BaseHook):
    conn_name_attr = "acme_conn_id"
    default_conn_name = "acme_default"
    conn_type = "acme"
    hook_name = "Acme Cloud"

    def __init__(self, acme_conn_id="acme_default"):
        super().__init__()
        self.acme_conn_id = acme_conn_id

    @classmethod
    def get_connection_form_widgets(cls):
        from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget, BS3TextFieldWidget
        from flask_babel import lazy_gettext
        from wtforms import BooleanField, IntegerField, StringField
        return {
            "region": StringField(lazy_gettext("Region"), widget=BS3TextFieldWidget(), description="Where it runs"),
            "token": StringField(lazy_gettext("Token"), widget=BS3PasswordFieldWidget()),
            "extra__acme__retries": IntegerField(lazy_gettext("Retries"), default=3),
            "safe": BooleanField(lazy_gettext("Safe"), default=True),
        }

    @classmethod
    def get_ui_field_behaviour(cls):
        return {"hidden_fields": ["schema", "port"], "relabeling": {"login": "Key id"}, "placeholders": {"host": "acme.example"}}

    def test_connection(self):
        found = self.get_connection(self.acme_conn_id)
        if found.host == "hang":
            import time
            time.sleep(3600)
        return found.password == "right", f"{found.login} at {found.host}, {found.extra_dejson.get('region')}"
"""


@pytest.fixture
def acme(tmp_path: Path) -> dict[str, str]:
    """The environment of a process that has the package."""
    site = tmp_path / "site"
    package = site / "acme_provider"
    info = site / "acme_provider-1.2.dist-info"
    for folder in (package, info):
        folder.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "facts.py").write_text(FACTS)
    (package / "hooks.py").write_text(HOOKS)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-provider\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("[apache_airflow_provider]\nprovider_info = acme_provider.facts:facts\n")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "TRADEWIND"))}
    return env | {"PYTHONPATH": str(site), "TRADEWIND_HOME": str(tmp_path / "home")}


def tradewind(env: dict[str, str], *words: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tradewind", *words], env=env, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def rows(env: dict[str, str], *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(tradewind(env, "providers", *words, "-o", "json"))
    return found


def test_packages_hooks_and_forms_are_told(acme: dict[str, str]) -> None:
    assert rows(acme, "list") == [{"package_name": "acme-provider", "description": "Acme", "version": "1.2"}]
    assert "1.2" in tradewind(acme, "providers", "get", "acme-provider")
    assert "'acme-provider'" in tradewind(acme, "providers", "get", "acme-provder", code=1)
    hooks = {row["connection_type"]: row for row in rows(acme, "hooks")}
    assert hooks["acme"]["class"] == "acme_provider.hooks.AcmeHook"
    assert hooks["http"]["package_name"] == "tradewind"
    assert rows(acme, "links") == [{"name": "acme_provider.links.AcmeLink", "package_name": "acme-provider"}]
    assert rows(acme, "triggers") == []


def test_a_hook_that_tells_its_form_only_in_code_is_asked_in_a_process_of_its_own(acme: dict[str, str]) -> None:
    fields = {row["field"]: row for row in rows(acme, "widgets")}
    assert {name: (row["label"], row["type"], row["secret"]) for name, row in fields.items()} == {
        "extra__acme__region": ("Region", "string/null", False),
        "extra__acme__token": ("Token", "string/null", True),
        "extra__acme__retries": ("Retries", "integer/null", False),
        "extra__acme__safe": ("Safe", "boolean/null", False),
    }
    behaviour = next(row for row in rows(acme, "behaviours") if row["connection_type"] == "acme")
    assert behaviour == {
        "connection_type": "acme", "hidden": ["schema", "port"], "labels": {"login": "Key id"}, "examples": ["host"],
    }  # fmt: skip


def test_a_stored_connection_is_tried_through_its_hook(acme: dict[str, str]) -> None:
    tradewind(acme, "db", "migrate")
    extra = ("--conn-extra", '{"region": "north"}')
    for conn_id, password in (("good", "right"), ("bad", "wrong")):
        tradewind(
            acme, "connections", "add", conn_id, "--conn-type", "acme", "--conn-host", "there", "--conn-login", "me",
            "--conn-password", password, *extra,
        )  # fmt: skip
    assert tradewind(acme, "connections", "test", "good") == "good: works. me at there, north\n"
    assert tradewind(acme, "connections", "test", "bad", code=1) == "bad: does not work. me at there, north\n"
    assert "There is no connection named 'goood'" in tradewind(acme, "connections", "test", "goood", code=1)
    environment = acme | {"AIRFLOW_CONN_ENV": '{"conn_type": "acme", "password": "right", "host": "h"}'}
    assert tradewind(environment, "connections", "test", "env") == "env: works. None at h, None\n"


def test_a_hook_that_hangs_is_ended(acme: dict[str, str]) -> None:
    program = (
        "from tradewind.actions.test_connection import ask_system\n"
        "print(ask_system({'conn_type': 'acme', 'host': 'hang'}, 3.0))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=acme, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "(False, 'No answer within 3 seconds.')\n"
