"""Docker: operator, decorator, hook."""

from __future__ import annotations

import os

from airflow.providers.docker.hooks.docker import DockerHook
from airflow.providers.docker.operators.docker import DockerOperator
from airflow.sdk import DAG, task
from docker.types import Mount

URL, FOLDER, FOLDERS = os.environ["DOCKER_URL"], os.environ["FOLDER"], os.environ["FOLDERS"].split(":")
SAME = {"docker_url": URL, "mount_tmp_dir": False, "image": "localhost/bare:1", "network_mode": "none"}

with DAG("docker", schedule=None, default_args=SAME) as dag:

    @task(doc="docker: DockerHook: api_client on the engine's socket")
    def hook() -> None:
        assert DockerHook(docker_conn_id=None, base_url=URL).api_client.ping()

    run = DockerOperator(
        task_id="run", command=["sh", "-c", "echo first; echo {{ ds }}"], auto_remove="success", api_version="auto",
        doc="docker: DockerOperator: command with templates, output in the log, last line in XCom, removed after",
    )  # fmt: skip

    @task(doc="the last line")
    def last(line: str, ds: str | None = None) -> None:
        assert line == ds, line

    every = DockerOperator(
        task_id="every", command="['sh', '-c', 'echo a; echo b']", xcom_all=True, auto_remove="force",
        doc="docker: DockerOperator: xcom_all, a command that is a list in a text",
    )  # fmt: skip

    @task(doc="all lines")
    def lines(found: list) -> None:
        assert found == ["a", "b"], found

    environment = DockerOperator(
        task_id="environment", command=["sh", "-c", "echo $SHIP $SECRET"], environment={"SHIP": "{{ dag.dag_id }}"},
        private_environment={"SECRET": "hidden"}, auto_remove="success", doc="docker: environment (templated), private_environment",
    )  # fmt: skip

    @task(doc="what the container saw")
    def saw(line: str) -> None:
        assert line == "docker hidden", line

    mounts = DockerOperator(
        task_id="mounts", command=["sh", "-c", "echo cargo > /data/{{ ds }}.txt"],
        mounts=[Mount(source=FOLDER, target="/data", type="bind")], auto_remove="success", doc="docker: a bind mount",
    )  # fmt: skip
    fail = DockerOperator(
        task_id="fail", command=["sh", "-c", "echo sinking; exit 3"], auto_remove="force",
        doc="docker: an exit status of 3 fails the task with the container's last lines, and it is removed",
    )  # fmt: skip
    kept = DockerOperator(task_id="kept", command=["true"], container_name="kept", doc="docker: a container that stays")
    skip = DockerOperator(
        task_id="skip",
        command=["sh", "-c", "exit 99"],
        skip_on_exit_code=99,
        auto_remove="force",
        doc="docker: skip_on_exit_code",
    )
    unreachable = DockerOperator(task_id="unreachable", command=["true"], docker_url="unix:///nowhere.sock")
    absent = DockerOperator(task_id="absent", command=["true"], image="localhost/absent:1", auto_remove="force")

    @task.docker(
        image="localhost/links:1", docker_url=URL, network_mode="none", auto_remove="force", mount_tmp_dir=False,
        mounts=[Mount(source=place, target=place, type="bind", read_only=True) for place in FOLDERS],
        python_command=FOLDERS[-1] + "/bin/python3", doc="docker: @task.docker runs a function in the container, its result in XCom",
    )  # fmt: skip
    def inside(a: int, b: int) -> dict:
        from pathlib import Path

        return {"sum": a + b, "in_a_container": Path("/.dockerenv").exists()}

    @task(doc="what the function gave back")
    def gave(found: dict) -> None:
        assert found == {"sum": 5, "in_a_container": True}, found

    last(run.output), lines(every.output), saw(environment.output), gave(inside(2, 3))
    hook()
