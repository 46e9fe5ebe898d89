"""Alias rows: other systems. Old core and contrib paths lead to the provider's path, whoever serves that one.

``moved.txt`` holds the long list (Airflow 1.10 and 2 -> provider); here stand our own thin providers, and paths that changed
inside provider packages.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_P, _C = "airflow.providers", "airflow.contrib"
_AWS, _GCP = f"{_P}.amazon.aws", f"{_P}.google.cloud"
_K8S = f"{_P}.cncf.kubernetes"
_MOVED = Path(__file__).with_name("moved.txt")

#: (provider path of the class today, older paths ...); a path without ``:Name`` keeps the class name.
MOVED: tuple[tuple[str, ...], ...] = (
    (f"{_P}.common.sql.hooks.sql:DbApiHook", "airflow.hooks.dbapi_hook", "airflow.hooks.dbapi"),
    (f"{_P}.mongo.hooks.mongo:MongoHook", f"{_C}.hooks.mongo_hook"),
    (f"{_AWS}.operators.athena:AthenaOperator", f"{_C}.operators.aws_athena_operator:AWSAthenaOperator"),
    (
        f"{_AWS}.operators.s3:S3CopyObjectOperator",
        f"{_AWS}.operators.s3_copy_object",
        f"{_C}.operators.s3_copy_object_operator",
    ),
    (
        f"{_AWS}.operators.s3:S3DeleteObjectsOperator",
        f"{_AWS}.operators.s3_delete_objects",
        f"{_C}.operators.s3_delete_objects_operator",
    ),
    (f"{_AWS}.operators.s3:S3ListOperator", f"{_AWS}.operators.s3_list", f"{_C}.operators.s3_list_operator"),
    (f"{_AWS}.operators.s3:S3FileTransformOperator", f"{_AWS}.operators.s3_file_transform"),
    (
        f"{_AWS}.operators.sagemaker:SageMakerTrainingOperator",
        f"{_AWS}.operators.sagemaker_training",
        f"{_C}.operators.sagemaker_training_operator",
    ),
    (
        f"{_AWS}.operators.sagemaker:SageMakerEndpointOperator",
        f"{_AWS}.operators.sagemaker_endpoint",
        f"{_C}.operators.sagemaker_endpoint_operator",
    ),
    *(
        (f"{_AWS}.operators.sagemaker:{name}", f"{_AWS}.operators.sagemaker_{module}")
        for name, module in (
            ("SageMakerEndpointConfigOperator", "endpoint_config"),
            ("SageMakerModelOperator", "model"),
            ("SageMakerProcessingOperator", "processing"),
            ("SageMakerTransformOperator", "transform"),
            ("SageMakerTuningOperator", "tuning"),
        )
    ),
    (
        f"{_K8S}.operators.pod:KubernetesPodOperator",
        f"{_K8S}.operators.kubernetes_pod",
        f"{_C}.operators.kubernetes_pod_operator",
    ),
    (f"{_K8S}.operators.job:KubernetesJobOperator", f"{_K8S}.operators.kubernetes_job"),
)


def _moved(target: str, *old: str) -> tuple[str, ...]:
    """Old paths of a provider's class; the row's first path is the class itself, so that warnings can name it."""
    return (target, *(f"-{path}" for path in old))


def _from_file() -> Iterator[tuple[str, ...]]:
    """The rows of ``moved.txt``."""
    for line in _MOVED.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        old, new, names = line.split(" ")
        for name in names.split(","):
            before, _, after = name.partition("=")
            yield (f"{_P}.{new}:{after or before}", f"-airflow.{old}:{before}")


ROWS: tuple[tuple[str, ...], ...] = (
    *_from_file(),
    *(_moved(*row) for row in MOVED),
    ("providers.http.hooks:HttpHook", f"{_P}.http.hooks.http"),
    (
        "providers.http.operators:HttpOperator",
        f"{_P}.http.operators.http",
        f"{_P}.http.operators.http:SimpleHttpOperator",
    ),
    ("providers.http.sensors:HttpSensor", f"{_P}.http.sensors.http"),
    ("providers.postgres.hooks:PostgresHook", f"{_P}.postgres.hooks.postgres"),
    ("providers.postgres.operators:PostgresOperator", f"{_P}.postgres.operators.postgres"),
    ("providers.mysql.hooks:MySqlHook", f"{_P}.mysql.hooks.mysql"),
    ("providers.mysql.operators:MySqlOperator", f"{_P}.mysql.operators.mysql"),
    ("providers.oracle.hooks:OracleHook", f"{_P}.oracle.hooks.oracle"),
    ("providers.oracle.operators:OracleOperator", f"{_P}.oracle.operators.oracle"),
    ("providers.sql.hooks:DbApiHook", f"{_P}.common.sql.hooks.sql"),
    (
        "compat.pod_volumes:Volume",
        f"{_C}.kubernetes.volume",
        "airflow.kubernetes.volume",
        f"{_K8S}.backcompat.volume",
    ),
    (
        "compat.pod_volumes:VolumeMount",
        f"{_C}.kubernetes.volume_mount",
        "airflow.kubernetes.volume_mount",
        f"{_K8S}.backcompat.volume_mount",
    ),
    ("compat.pod_volumes:Port,Resources", f"{_C}.kubernetes.pod", "airflow.kubernetes.pod", f"{_K8S}.backcompat.pod"),
)

#: Packages that only hold other packages: several distributions share them.
MISSING: tuple[tuple[str, str], ...] = (
    (f"{_P}.apache", ""),
    (f"{_P}.microsoft", ""),
    (f"{_P}.cncf", ""),
    (f"{_P}.common", ""),
    (f"{_P}.dbt", ""),
    (
        f"{_C}.kubernetes.pod_launcher:PodLauncher,PodStatus",
        "Write airflow.providers.cncf.kubernetes.utils.pod_manager.PodManager.",
    ),
)
