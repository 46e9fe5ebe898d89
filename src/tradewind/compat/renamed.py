"""What official provider packages have renamed or dropped since the files that people still run were written.

A renamed class is served under its old name by the official module itself; a dropped module is served by us.
"""

from __future__ import annotations

from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_P = "airflow.providers."

#: Module of an official provider -> old name -> the name of the same class today.
RENAMED: dict[str, dict[str, str]] = {
    f"{_P}http.operators.http": {"SimpleHttpOperator": "HttpOperator"},
    f"{_P}amazon.aws.operators.athena": {"AWSAthenaOperator": "AthenaOperator"},
    f"{_P}amazon.aws.hooks.athena": {"AWSAthenaHook": "AthenaHook"},
    f"{_P}amazon.aws.operators.glue": {"AwsGlueJobOperator": "GlueJobOperator"},
    f"{_P}amazon.aws.operators.glue_crawler": {"AwsGlueCrawlerOperator": "GlueCrawlerOperator"},
    f"{_P}amazon.aws.operators.ecs": {"ECSOperator": "EcsRunTaskOperator"},
}

#: Modules that official providers no longer have, and we serve beside them.
DROPPED = tuple(
    _P + name
    for name in (
        "postgres.operators", "mysql.operators", "sqlite.operators", "oracle.operators.oracle",
        "cncf.kubernetes.operators.kubernetes_pod", "amazon.aws.operators.s3_", "amazon.aws.operators.sagemaker_",
    )
)  # fmt: skip


def attach(spec: ModuleSpec) -> ModuleSpec:
    """The spec, with old names added once its module is loaded."""
    names = RENAMED.get(spec.name)
    if names and spec.loader is not None:
        load = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            load(module)
            _add(module, names)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
    return spec


def _add(module: Any, names: dict[str, str]) -> None:
    before = module.__dict__.get("__getattr__")

    def __getattr__(name: str) -> Any:
        if name in names:
            from tradewind.sdk.scope import deprecated  # noqa: PLC0415  the finder itself must load nothing

            deprecated(f"{module.__name__}.{name} is the old name; write {module.__name__}.{names[name]} instead.")
            return getattr(module, names[name])
        if before is not None:
            return before(name)
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    module.__getattr__ = __getattr__
