"""How the form of a connection looks, by the type of the connection: which fields, under which labels.

A provider package states it as plain data (``ui-field-behaviour``, ``conn-fields``). For types that everybody knows, a
form stands here too, so that the list of types is not empty where no package is installed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: The fields every connection has, as the form orders them -> their usual labels.
STANDARD = {
    "description": "Description",
    "host": "Host",
    "schema": "Schema",
    "login": "Login",
    "password": "Password",
    "port": "Port",
    "extra": "Extra",
}
#: Stands in place of a secret that is not shown; given back, it means "as it was".
COVERED = "***"


@dataclass(frozen=True)
class StandardField:
    """One of the fields every connection has."""

    title: str
    hidden: bool = False
    placeholder: str | None = None


@dataclass(frozen=True)
class ExtraField:
    """A field of one type of connection. Its value is kept in ``extra``, under its name."""

    name: str
    title: str
    schema: dict[str, Any]
    description: str | None = None
    placeholder: str | None = None

    @property
    def secret(self) -> bool:
        """Whether the value is never shown again."""
        return self.schema.get("format") == "password"


@dataclass(frozen=True)
class ConnectionForm:
    """The form of one type. ``package``: who brings its hook; ``installed``: whether that package is here."""

    conn_type: str
    name: str
    hook_class: str | None
    package: str
    installed: bool
    standard: dict[str, StandardField] = field(default_factory=dict)
    extra: tuple[ExtraField, ...] = ()
    default_conn_id: str | None = None


def form_of(entry: Mapping[str, Any], package: str, *, installed: bool = True) -> ConnectionForm:
    """The form that one entry of a package's ``connection-types`` describes. Odd parts are left out, never fatal."""
    told = entry.get("ui-field-behaviour")
    told = told if isinstance(told, Mapping) else {}
    hidden = told.get("hidden-fields", told.get("hidden_fields")) or ()
    labels, examples = told.get("relabeling") or {}, told.get("placeholders") or {}
    conn_type = str(entry["connection-type"])

    def example(*names: str) -> str | None:
        return next((str(examples[name]) for name in names if examples.get(name) is not None), None)

    extra = entry.get("conn-fields")
    return ConnectionForm(
        conn_type,
        str(entry.get("hook-name") or conn_type),
        entry.get("hook-class-name"),
        package,
        installed,
        {
            name: StandardField(str(labels.get(name) or title), name in hidden, example(name))
            for name, title in STANDARD.items()
        },
        tuple(
            ExtraField(
                name,
                str(about.get("label") or name),
                dict(about.get("schema") or {"type": ["string", "null"]}),
                about.get("description"),
                example(name, f"extra__{conn_type}__{name}"),
            )
            for name, about in (extra.items() if isinstance(extra, Mapping) else ())
            if isinstance(about, Mapping) and name not in hidden
        ),
        entry.get("default-conn-name"),
    )


def _known(conn_type: str, name: str, package: str, **told: Any) -> dict[str, Any]:
    return {"connection-type": conn_type, "hook-name": name, "package": package, "ui-field-behaviour": told}


_DATABASE = {"relabeling": {"schema": "Database"}}
#: Types that people know by heart, for where the package that brings them is not installed.
KNOWN: tuple[dict[str, Any], ...] = (
    _known("http", "HTTP", "apache-airflow-providers-http", placeholders={"schema": "http or https"}),
    _known("postgres", "Postgres", "apache-airflow-providers-postgres", **_DATABASE),
    _known("mysql", "MySQL", "apache-airflow-providers-mysql", **_DATABASE),
    _known("oracle", "Oracle", "apache-airflow-providers-oracle", placeholders={"extra": '{"service_name": "…"}'}),
    _known("sqlite", "Sqlite", "apache-airflow-providers-sqlite", placeholders={"host": "/path/of/the/file.db"}),
    _known("mssql", "Microsoft SQL Server", "apache-airflow-providers-microsoft-mssql", **_DATABASE),
    _known(
        "aws",
        "Amazon Web Services",
        "apache-airflow-providers-amazon",
        **{"hidden-fields": ["host", "schema", "port"]},
        relabeling={"login": "AWS access key id", "password": "AWS secret access key"},
        placeholders={"extra": '{"region_name": "eu-west-1"}'},
    ),
    _known(
        "s3",
        "S3",
        "apache-airflow-providers-amazon",
        relabeling={"login": "AWS access key id", "password": "AWS secret access key", "schema": "Bucket"},
        placeholders={"extra": '{"host": "http://localhost:9000"}'},
    ),
    _known("google_cloud_platform", "Google Cloud", "apache-airflow-providers-google"),
    _known("wasb", "Azure Blob Storage", "apache-airflow-providers-microsoft-azure"),
    _known("docker", "Docker", "apache-airflow-providers-docker"),
    _known("kubernetes", "Kubernetes", "apache-airflow-providers-cncf-kubernetes"),
    _known("ssh", "SSH", "apache-airflow-providers-ssh"),
    _known("sftp", "SFTP", "apache-airflow-providers-sftp"),
    _known("ftp", "FTP", "apache-airflow-providers-ftp"),
    _known("mongo", "MongoDB", "apache-airflow-providers-mongo", **_DATABASE),
    _known("redis", "Redis", "apache-airflow-providers-redis"),
    _known("slack", "Slack", "apache-airflow-providers-slack", relabeling={"password": "Token"}),
    _known("smtp", "SMTP", "apache-airflow-providers-smtp"),
    _known("spark", "Spark", "apache-airflow-providers-apache-spark"),
    _known("fs", "File (path)", "apache-airflow-providers-standard", placeholders={"extra": '{"path": "/data"}'}),
    _known("generic", "Generic", ""),
)  # fmt: skip


def forms(
    stated: Iterable[tuple[str, Mapping[str, Any]]], own: Mapping[str, str] | None = None
) -> tuple[ConnectionForm, ...]:
    """All forms by name: what packages state, (package, entry) each, then what everybody knows. ``own``: hooks that need no package."""
    found: dict[str, ConnectionForm] = {}
    for package, entry in stated:
        if isinstance(entry, Mapping) and entry.get("connection-type"):
            form = form_of(entry, package)
            found.setdefault(form.conn_type, form)
    for entry in KNOWN:
        hook = (own or {}).get(entry["connection-type"])
        form = form_of(
            {**entry, "hook-class-name": hook}, "tradewind" if hook else entry["package"], installed=bool(hook)
        )
        found.setdefault(form.conn_type, form)
    return tuple(sorted(found.values(), key=lambda form: (form.name.lower(), form.conn_type)))


def keep_covered(given: str, before: str | None) -> str:
    """``extra`` as a person gives it back: what was covered keeps its value. Not JSON: as given."""
    if COVERED not in given or not before:
        return given
    try:
        new, old = json.loads(given), json.loads(before)
    except ValueError:
        return before if given == COVERED else given
    return json.dumps(_uncovered(new, old))


def _uncovered(new: Any, old: Any) -> Any:
    if new == COVERED:
        return old
    if isinstance(new, dict) and isinstance(old, dict):
        return {name: _uncovered(value, old.get(name, value)) for name, value in new.items()}
    if isinstance(new, list) and isinstance(old, list) and len(new) == len(old):
        return [_uncovered(*pair) for pair in zip(new, old, strict=True)]
    return new
