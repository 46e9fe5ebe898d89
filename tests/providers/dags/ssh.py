"""SSH and SFTP: hooks, operators (deferrable too), sensors, decorator."""

from __future__ import annotations

import os
from pathlib import Path

from airflow.providers.sftp.hooks.sftp import SFTPHook
from airflow.providers.sftp.operators.sftp import SFTPOperation, SFTPOperator
from airflow.providers.sftp.sensors.sftp import SFTPSensor
from airflow.providers.ssh.hooks.ssh import SSHHook
from airflow.providers.ssh.operators.ssh import SSHOperator
from airflow.providers.ssh.operators.ssh_remote_job import SSHRemoteJobOperator
from airflow.sdk import DAG, task

FILES = os.environ["FILES"]
Path("manifest.txt").write_text("pepper")

with DAG("ssh", schedule=None) as dag:

    @task(doc="ssh: SSHHook: the host's key checked, a command, SFTP by get_conn().open_sftp().put")
    def hook() -> None:
        with SSHHook(ssh_conn_id="deck").get_conn() as client:
            _, out, _ = client.exec_command("echo ahoy")
            assert out.read() == b"ahoy\n"
            client.open_sftp().put("manifest.txt", f"{FILES}/by-hook.txt")

    run = SSHOperator(
        task_id="run",
        ssh_conn_id="deck",
        command="echo {{ ds }} > {{ params.files }}/ssh.txt; echo done $CARGO",
        params={"files": FILES},
        environment={"CARGO": "tea"},
        doc="ssh: SSHOperator: templates, environment, output into XCom",
    )

    @task(doc="the output, as text in base64 or plain")
    def said(out: str) -> None:
        import base64

        assert base64.b64decode(out) == b"done tea\n", out

    fail = SSHOperator(
        task_id="fail", ssh_conn_id="deck", command="exit 3", doc="ssh: SSHOperator: exit code 3 fails the task"
    )
    skip = SSHOperator(
        task_id="skip",
        ssh_conn_id="deck",
        command="exit 99",
        skip_on_exit_code=99,
        doc="ssh: SSHOperator: skip_on_exit_code",
    )
    job = SSHRemoteJobOperator(
        task_id="job", ssh_conn_id="deck", command=f"echo long > {FILES}/job.txt", poll_interval=1, remote_os="posix",
        remote_base_dir=f"{FILES}/jobs", doc="ssh: SSHRemoteJobOperator: SSHRemoteJobTrigger watches a job that outlives the connection",
    )  # fmt: skip

    @task(
        doc="sftp: SFTPHook: create_directory, store_file, list_directory, describe_directory, path_exists, retrieve_file, delete"
    )
    def sftp_hook() -> None:
        sftp = SFTPHook("files")
        sftp.create_directory(f"{FILES}/hold")
        sftp.store_file(f"{FILES}/hold/tea.txt", "manifest.txt")
        assert sftp.list_directory(f"{FILES}/hold") == ["tea.txt"]
        assert sftp.describe_directory(f"{FILES}/hold")["tea.txt"]["size"] == 6
        sftp.retrieve_file(f"{FILES}/hold/tea.txt", "back.txt")
        assert Path("back.txt").read_text() == "pepper"
        sftp.delete_file(f"{FILES}/hold/tea.txt")
        assert not sftp.path_exists(f"{FILES}/hold/tea.txt")
        assert sftp.test_connection()[0]

    put = SFTPOperator(
        task_id="put", ssh_conn_id="files", local_filepath="manifest.txt", remote_filepath=FILES + "/in/{{ ds }}/m.txt",
        operation=SFTPOperation.PUT, create_intermediate_dirs=True, doc="sftp: SFTPOperator: put, folders made, template",
    )  # fmt: skip
    get = SFTPOperator(
        task_id="get", ssh_conn_id="files", local_filepath="got.txt", remote_filepath=FILES + "/in/{{ ds }}/m.txt",
        operation=SFTPOperation.GET, doc="sftp: SFTPOperator: get",
    )  # fmt: skip
    put_deferred = SFTPOperator(
        task_id="put_deferred", ssh_conn_id="files", local_filepath=str(Path("manifest.txt").resolve()),
        remote_filepath=f"{FILES}/deferred.txt", operation=SFTPOperation.PUT, deferrable=True,
        doc="sftp: SFTPOperator deferrable: SFTPTransferTrigger moves the file",
    )  # fmt: skip
    wait = SFTPSensor(
        task_id="wait",
        sftp_conn_id="files",
        path=FILES + "/in/{{ ds }}/m.txt",
        poke_interval=0.1,
        doc="sftp: SFTPSensor",
    )
    wait_deferred = SFTPSensor(
        task_id="wait_deferred", sftp_conn_id="files", path=FILES + "/in/{{ ds }}", file_pattern="*.txt", poke_interval=0.1,
        deferrable=True, doc="sftp: SFTPSensor deferrable: SFTPTrigger finds a file by pattern",
    )  # fmt: skip

    @task.sftp_sensor(
        sftp_conn_id="files", path=f"{FILES}/by-hook.txt", poke_interval=0.1, doc="sftp: @task.sftp_sensor"
    )
    def decorated(files_found: list | None = None) -> str:
        return "seen"

    first = hook()
    first >> decorated()
    said(run.output)
    sftp_hook() >> put >> [get, wait, wait_deferred]
