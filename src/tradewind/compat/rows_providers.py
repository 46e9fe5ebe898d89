"""Alias rows: other systems. Old core and contrib paths lead to the provider's path, whoever serves that one."""

from __future__ import annotations

_P, _C = "airflow.providers", "airflow.contrib"
_AWS, _GCP, _AZ = f"{_P}.amazon.aws", f"{_P}.google.cloud", f"{_P}.microsoft.azure"
_K8S = f"{_P}.cncf.kubernetes"


def _moved(target: str, *old: str) -> tuple[str, ...]:
    """Old paths of a provider's class; the row's first path is the class itself, so that warnings can name it."""
    return (target, *(f"-{path}" for path in old))


#: (provider path of the class, old paths ...); a path without ``:Name`` keeps the class name.
MOVED: tuple[tuple[str, ...], ...] = (
    (f"{_P}.postgres.hooks.postgres:PostgresHook", "airflow.hooks.postgres_hook"),
    (f"{_P}.postgres.operators.postgres:PostgresOperator", "airflow.operators.postgres_operator"),
    (f"{_P}.http.hooks.http:HttpHook", "airflow.hooks.http_hook"),
    (f"{_P}.http.operators.http:SimpleHttpOperator", "airflow.operators.http_operator"),
    (f"{_P}.http.sensors.http:HttpSensor", "airflow.sensors.http_sensor"),
    (f"{_P}.mysql.hooks.mysql:MySqlHook", "airflow.hooks.mysql_hook"),
    (f"{_P}.mysql.operators.mysql:MySqlOperator", "airflow.operators.mysql_operator"),
    (f"{_P}.oracle.hooks.oracle:OracleHook", "airflow.hooks.oracle_hook"),
    (f"{_P}.oracle.operators.oracle:OracleOperator", "airflow.operators.oracle_operator"),
    (f"{_P}.sqlite.hooks.sqlite:SqliteHook", "airflow.hooks.sqlite_hook"),
    (f"{_P}.sqlite.operators.sqlite:SqliteOperator", "airflow.operators.sqlite_operator"),
    (f"{_P}.docker.operators.docker:DockerOperator", "airflow.operators.docker_operator"),
    (f"{_P}.docker.hooks.docker:DockerHook", "airflow.hooks.docker_hook"),
    (f"{_P}.slack.operators.slack_api:SlackAPIPostOperator", "airflow.operators.slack_operator"),
    (f"{_P}.hashicorp.secrets.vault:VaultBackend", f"{_C}.secrets.hashicorp_vault"),
    (f"{_P}.ssh.operators.ssh:SSHOperator", f"{_C}.operators.ssh_operator"),
    (f"{_P}.ssh.hooks.ssh:SSHHook", f"{_C}.hooks.ssh_hook"),
    (f"{_P}.sftp.hooks.sftp:SFTPHook", f"{_C}.hooks.sftp_hook"),
    (f"{_P}.mongo.hooks.mongo:MongoHook", f"{_C}.hooks.mongo_hook"),
    (f"{_P}.redis.hooks.redis:RedisHook", f"{_C}.hooks.redis_hook"),
    (f"{_P}.apache.spark.operators.spark_submit:SparkSubmitOperator", f"{_C}.operators.spark_submit_operator"),
    (f"{_P}.apache.hive.operators.hive:HiveOperator", "airflow.operators.hive_operator"),
    (f"{_AWS}.hooks.s3:S3Hook", "airflow.hooks.S3_hook"),
    (f"{_AWS}.hooks.base_aws:AwsBaseHook", f"{_C}.hooks.aws_hook:AwsHook"),
    (f"{_AWS}.operators.athena:AthenaOperator", f"{_C}.operators.aws_athena_operator:AWSAthenaOperator"),
    (f"{_AWS}.operators.s3_copy_object:S3CopyObjectOperator", f"{_C}.operators.s3_copy_object_operator"),
    (
        f"{_AWS}.operators.sagemaker_training:SageMakerTrainingOperator",
        f"{_C}.operators.sagemaker_training_operator",
    ),
    (
        f"{_AWS}.operators.sagemaker_endpoint:SageMakerEndpointOperator",
        f"{_C}.operators.sagemaker_endpoint_operator",
    ),
    (f"{_AWS}.transfers.mongo_to_s3:MongoToS3Operator", f"{_C}.operators.mongo_to_s3"),
    (f"{_AWS}.transfers.s3_to_sftp:S3ToSFTPOperator", f"{_C}.operators.s3_to_sftp_operator"),
    (f"{_AZ}.hooks.wasb:WasbHook", f"{_C}.hooks.wasb_hook"),
    (f"{_K8S}.operators.kubernetes_pod:KubernetesPodOperator", f"{_C}.operators.kubernetes_pod_operator"),
    (f"{_GCP}.hooks.gcs:GCSHook", f"{_C}.hooks.gcs_hook:GoogleCloudStorageHook"),
    (f"{_GCP}.hooks.bigquery:BigQueryHook", f"{_C}.hooks.bigquery_hook"),
    (
        f"{_GCP}.operators.bigquery:BigQueryExecuteQueryOperator",
        f"{_C}.operators.bigquery_operator:BigQueryOperator",
    ),
    (
        f"{_GCP}.operators.bigquery:BigQueryDeleteTableOperator",
        f"{_C}.operators.bigquery_table_delete_operator:BigQueryTableDeleteOperator",
    ),
    (
        f"{_GCP}.transfers.bigquery_to_gcs:BigQueryToGCSOperator",
        f"{_C}.operators.bigquery_to_gcs:BigQueryToCloudStorageOperator",
    ),
    (
        f"{_GCP}.transfers.local_to_gcs:LocalFilesystemToGCSOperator",
        f"{_C}.operators.file_to_gcs:FileToGoogleCloudStorageOperator",
    ),
    (
        f"{_GCP}.transfers.gcs_to_bigquery:GCSToBigQueryOperator",
        f"{_C}.operators.gcs_to_bq:GoogleCloudStorageToBigQueryOperator",
    ),
)

ROWS: tuple[tuple[str, ...], ...] = (
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
    (
        "providers.sql.hooks:DbApiHook",
        f"{_P}.common.sql.hooks.sql",
        "-airflow.hooks.dbapi_hook",
        "-airflow.hooks.dbapi",
    ),
    *(_moved(*row) for row in MOVED),
)

#: Packages that only hold other packages: several distributions share them.
MISSING: tuple[tuple[str, str], ...] = (
    (f"{_P}.apache", ""),
    (f"{_P}.microsoft", ""),
    (f"{_P}.cncf", ""),
    (f"{_P}.common", ""),
    (f"{_P}.dbt", ""),
)
