"""Alias rows: ``airflow.utils`` and other small corners."""

from __future__ import annotations

_U = "airflow.utils"

ROWS: tuple[tuple[str, ...], ...] = (
    ("compat.dates", f"{_U}.dates"),
    ("compat.legacy:apply_defaults", f"{_U}.decorators", f"-{_U}"),
    ("compat.legacy:provide_session,create_session", f"{_U}.session", f"-{_U}.db"),
    ("compat.legacy:DagRunType,DagRunTriggeredByType,NOTSET,ArgNotSet", f"{_U}.types"),
    (
        "compat.legacy:NOTSET,ArgNotSet",
        "airflow.sdk.definitions._internal.types",
        "airflow.serialization.definitions.notset",
    ),
    ("compat.legacy:import_string", f"{_U}.module_loading", "airflow.sdk.module_loading"),
    ("compat.legacy:chunks,reduce_in_chunks,is_container,as_tuple,as_flattened_list,merge_dicts", f"{_U}.helpers"),
    ("compat.legacy:prune_dict,exactly_one,at_most_one,validate_key", f"{_U}.helpers"),
    ("compat.legacy:context_to_airflow_vars", f"{_U}.operator_helpers", "airflow.sdk.execution_time.context"),
    ("sdk.order:test_cycle,check_cycle", f"{_U}.dag_cycle_tester"),
    ("compat.legacy:TemporaryDirectory", f"{_U}.file"),
    ("sdk.log:LoggingMixin", f"{_U}.log.logging_mixin", "airflow.sdk.definitions._internal.logging_mixin"),
    (
        "sdk.masking:mask_secret,redact",
        f"{_U}.log.secrets_masker",
        "airflow.sdk.execution_time.secrets_masker",
        "airflow.sdk.log",
    ),
    ("sdk.secrets:BaseSecretsBackend", "airflow.secrets", "airflow.secrets.base_secrets"),
)

MISSING: tuple[tuple[str, str], ...] = (
    ("airflow.api.client.local_client:Client", "Use the REST API (/api/v1), or `tradewind` on the command line."),
    (
        "airflow.api.common.experimental:trigger_dag",
        "Use TriggerDagRunOperator, or POST /api/v1/dags/{dag_id}/dagRuns.",
    ),
    ("airflow.api.common.trigger_dag:trigger_dag", "Use TriggerDagRunOperator, or POST /api/v1/dags/{dag_id}/dagRuns."),
)
