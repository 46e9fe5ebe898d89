"""``airflow.utils.process_utils``: other programs, their groups and their environment."""

from __future__ import annotations

import contextlib
import logging
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tradewind.loop import process_lives
from tradewind.sdk.exceptions import AirflowException

log = logging.getLogger("airflow.task")

#: Seconds between SIGTERM and SIGKILL.
DEFAULT_TIME_TO_WAIT_AFTER_SIGTERM = 60


def execute_in_subprocess(cmd: list[str], cwd: str | None = None, env: dict[str, str] | None = None) -> None:
    """Run a command, its output line by line in the log. CalledProcessError when it fails."""
    execute_in_subprocess_with_kwargs(cmd, cwd=cwd, env=env)


def execute_in_subprocess_with_kwargs(cmd: list[str], **kwargs: Any) -> None:
    """The same, with any argument of ``Popen``."""
    log.info("Executing cmd: %s", " ".join(shlex.quote(str(word)) for word in cmd))
    with subprocess.Popen(
        cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0, close_fds=True, **kwargs
    ) as process:
        log.info("Output:")
        assert process.stdout is not None
        for line in iter(process.stdout.readline, b""):
            log.info("%s", line.decode(errors="backslashreplace").rstrip())
        code = process.wait()
    if code != 0:
        raise subprocess.CalledProcessError(code, cmd)


def execute_interactive(cmd: list[str], **kwargs: Any) -> None:
    """Run a command that talks to the person at this terminal."""
    log.info("Executing cmd: %s", " ".join(shlex.quote(str(word)) for word in cmd))
    subprocess.run(cmd, check=False, **kwargs)


@contextlib.contextmanager
def patch_environ(new_env_variables: dict[str, str]) -> Iterator[None]:
    """While the block runs, these variables are in the environment."""
    before = {name: os.environ.get(name) for name in new_env_variables}
    os.environ.update(new_env_variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def check_if_pidfile_process_is_running(pid_file: str, process_name: str) -> None:
    """AirflowException when the file names a process that lives; a file of one that has ended is removed."""
    file = Path(pid_file)
    if not file.exists():
        return
    pid = int(file.read_text().strip() or 0)
    if pid and process_lives(pid):
        raise AirflowException(f"The {process_name} is already running under PID {pid}.")
    file.unlink()


def set_new_process_group() -> None:
    """Become the leader of a new group, unless this process leads its session already."""
    if os.getpid() != os.getsid(0):
        os.setpgid(0, 0)


def reap_process_group(
    process_group_id: int,
    logger: Any,
    sig: int = signal.SIGTERM,
    timeout: int = DEFAULT_TIME_TO_WAIT_AFTER_SIGTERM,
) -> dict[int, int]:
    """Signal a group, wait, kill what is left; exit codes by process id."""
    import psutil  # noqa: PLC0415  only whoever ends groups needs it

    if process_group_id == os.getpgid(0):
        raise RuntimeError("I refuse to kill myself")
    members = [p for p in psutil.process_iter() if _group_of(p.pid) == process_group_id]
    logger.info("Sending %s to group %s. PIDs of all processes in the group: %s", sig, process_group_id, members)
    for number in (sig, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process_group_id, number)
        gone, members = psutil.wait_procs(members, timeout=timeout)
        if not members:
            break
    return {process.pid: process.returncode for process in gone}


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def kill_child_processes_by_pids(pids_to_kill: list[int], timeout: int = 5) -> None:
    """End those of our children: asked first, killed after the time-out."""
    import psutil  # noqa: PLC0415  only whoever ends children needs it

    children = [p for p in psutil.Process(os.getpid()).children(recursive=True) if p.pid in pids_to_kill]
    for child in children:
        child.terminate()
    _, alive = psutil.wait_procs(children, timeout=timeout)
    for child in alive:
        child.kill()
        child.wait()
