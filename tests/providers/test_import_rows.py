"""The book's import lines of things that provider packages bring: the old path and the new one, with today's packages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.providers.running import run_lines

pytestmark = pytest.mark.slow

P, C, AWS = "airflow.providers", "airflow.contrib", "airflow.providers.amazon.aws"
GCP = f"{P}.google.cloud"
#: name -> path the book prints for Airflow 2, path it prints for Airflow 1
ROWS = {
    "aws hook": (f"{AWS}.hooks.base_aws.AwsBaseHook", f"{C}.hooks.aws_hook.AwsHook"),
    "wasb hook": (f"{P}.microsoft.azure.hooks.wasb.WasbHook", f"{C}.hooks.wasb_hook.WasbHook"),
    "athena": (f"{AWS}.operators.athena.AWSAthenaOperator", f"{C}.operators.aws_athena_operator.AWSAthenaOperator"),
    "bigquery to gcs": (
        f"{GCP}.transfers.bigquery_to_gcs.BigQueryToGCSOperator",
        f"{C}.operators.bigquery_to_gcs.BigQueryToCloudStorageOperator",
    ),
    "bigquery delete": (
        f"{GCP}.operators.bigquery.BigQueryDeleteTableOperator",
        f"{C}.operators.bigquery_table_delete_operator.BigQueryTableDeleteOperator",
    ),
    "local to gcs": (
        f"{GCP}.transfers.local_to_gcs.LocalFilesystemToGCSOperator",
        f"{C}.operators.file_to_gcs.FileToGoogleCloudStorageOperator",
    ),
    "gcs to bigquery": (
        f"{GCP}.transfers.gcs_to_bigquery.GCSToBigQueryOperator",
        f"{C}.operators.gcs_to_bq.GoogleCloudStorageToBigQueryOperator",
    ),
    "pod": (
        f"{P}.cncf.kubernetes.operators.kubernetes_pod.KubernetesPodOperator",
        f"{C}.operators.kubernetes_pod_operator.KubernetesPodOperator",
    ),
    "s3 copy": (
        f"{AWS}.operators.s3_copy_object.S3CopyObjectOperator", f"{C}.operators.s3_copy_object_operator.S3CopyObjectOperator"
    ),
    "endpoint": (
        f"{AWS}.operators.sagemaker_endpoint.SageMakerEndpointOperator",
        f"{C}.operators.sagemaker_endpoint_operator.SageMakerEndpointOperator",
    ),
    "training": (
        f"{AWS}.operators.sagemaker_training.SageMakerTrainingOperator",
        f"{C}.operators.sagemaker_training_operator.SageMakerTrainingOperator",
    ),
    "postgres hook": (f"{P}.postgres.hooks.postgres.PostgresHook", "airflow.hooks.postgres_hook.PostgresHook"),
    "s3 hook": (f"{AWS}.hooks.s3.S3Hook", "airflow.hooks.S3_hook.S3Hook"),
    "docker": (f"{P}.docker.operators.docker.DockerOperator", "airflow.operators.docker_operator.DockerOperator"),
    "docker hook": (f"{P}.docker.hooks.docker.DockerHook", "airflow.hooks.docker_hook.DockerHook"),
    "http": (f"{P}.http.operators.http.SimpleHttpOperator", "airflow.operators.http_operator.SimpleHttpOperator"),
    "postgres": (
        f"{P}.postgres.operators.postgres.PostgresOperator", "airflow.operators.postgres_operator.PostgresOperator"
    ),
    "gcs hook": (f"{GCP}.hooks.gcs.GCSHook", f"{C}.hooks.gcs_hook.GoogleCloudStorageHook"),
    "mongo to s3": (f"{AWS}.transfers.mongo_to_s3.MongoToS3Operator", f"{C}.operators.mongo_to_s3.MongoToS3Operator"),
    "s3 to sftp": (f"{AWS}.transfers.s3_to_sftp.S3ToSFTPOperator", f"{C}.operators.s3_to_sftp_operator.S3ToSFTPOperator"),
}  # fmt: skip
CODE = """
import importlib, json, warnings
def brought(path):
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
told = {}
for key, (new, old) in ROWS.items():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        first = brought(new)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pair = [brought(old), brought(old)]
    words = [str(w.message) for w in caught if f"{old} is the old name" in str(w.message)]
    told[key] = {"new": str(first), "same": all(one is first for one in pair), "old": str(pair[0]), "warned": words}
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = run_lines(f"ROWS = {json.dumps(ROWS)}\n{CODE}", home)
    return found


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("aws hook", marks=pytest.mark.spec("4/IP-01", "2/IM-12")),
        pytest.param("wasb hook", marks=pytest.mark.spec("4/IP-02")),
        pytest.param("athena", marks=pytest.mark.spec("4/IP-05")),
        pytest.param("bigquery delete", marks=pytest.mark.spec("4/IP-07")),
        pytest.param("bigquery to gcs", marks=pytest.mark.spec("4/IP-08")),
        pytest.param("local to gcs", marks=pytest.mark.spec("4/IP-09")),
        pytest.param("gcs to bigquery", marks=pytest.mark.spec("4/IP-10")),
        pytest.param("pod", marks=pytest.mark.spec("4/IP-11", "2/IM-17")),
        pytest.param("s3 copy", marks=pytest.mark.spec("4/IP-12", "2/IM-13")),
        pytest.param("endpoint", marks=pytest.mark.spec("4/IP-13", "2/IM-14")),
        pytest.param("training", marks=pytest.mark.spec("4/IP-14", "2/IM-14")),
        pytest.param("postgres hook", marks=pytest.mark.spec("4/IP-20", "2/IM-09")),
        pytest.param("s3 hook", marks=pytest.mark.spec("4/IP-21", "2/IM-11")),
        pytest.param("docker", marks=pytest.mark.spec("4/IP-28", "2/IM-16")),
        pytest.param("docker hook", marks=pytest.mark.spec("4/IP-45")),
        pytest.param("http", marks=pytest.mark.spec("4/IP-30", "2/IM-19")),
        pytest.param("postgres", marks=pytest.mark.spec("4/IP-32", "2/IM-10")),
        pytest.param("gcs hook", marks=pytest.mark.spec("4/IP-40")),
        pytest.param("mongo to s3", marks=pytest.mark.spec("2/IM-15")),
        pytest.param("s3 to sftp", marks=pytest.mark.spec("2/IM-15")),
    ],
)
def test_both_paths_bring_one_class_and_the_old_one_warns_once(told: dict[str, Any], name: str) -> None:
    row = told[name]
    assert row["new"].startswith("<class "), row["new"]
    assert row["same"], row
    assert len(row["warned"]) == 1, row


@pytest.mark.spec("4/IP-03", "4/IP-04", "2/IM-18", "2/TR-07")
def test_volumes_of_airflow_1_become_those_of_the_kubernetes_client(home: Path) -> None:
    told = run_lines(
        "import json, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "from airflow.contrib.kubernetes.volume import Volume\n"
        "from airflow.contrib.kubernetes.volume_mount import VolumeMount\n"
        "from kubernetes.client import models\n"
        "volume = Volume('data', {'persistentVolumeClaim': {'claimName': 'claim'}})\n"
        "mount = VolumeMount('data', mount_path='/data', sub_path=None, read_only=True)\n"
        "from airflow.providers.cncf.kubernetes.operators.kubernetes_pod import KubernetesPodOperator\n"
        "task = KubernetesPodOperator(task_id='t', image='i', volumes=[volume], volume_mounts=[mount])\n"
        "print(json.dumps([isinstance(volume, models.V1Volume), volume.persistent_volume_claim.claim_name,"
        " isinstance(mount, models.V1VolumeMount), mount.mount_path, mount.read_only, len(task.volumes)]))",
        home,
    )
    assert told == [True, "claim", True, "/data", True, 1]


@pytest.mark.spec("4/IP-41")
def test_a_provider_that_is_not_installed_is_named(home: Path) -> None:
    told = run_lines(
        "import json\n"
        "try:\n    from airflow.providers.odbc.hooks.odbc import OdbcHook\n"
        "except ImportError as error:\n    print(json.dumps(str(error)))",
        home,
    )
    assert "pip install apache-airflow-providers-odbc" in told
