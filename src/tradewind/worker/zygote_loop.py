"""The zygote: the framework imported once, no user code. Forks file zygotes; starts fresh interpreters.

Lean on purpose (a fork costs what the process weighs): no SQLAlchemy, no FastAPI, no pandas, no threads.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
import subprocess
import sys

from tradewind.worker import file_zygote, forking, rehearsal
from tradewind.worker.nursery import Nursery, name_process
from tradewind.worker.wire import ControlDown, ImportFile


def _spawn_fresh(channel: int, output: int, idle: bool) -> int:
    """A new interpreter for one task. posix_spawn or vfork underneath: never ``preexec_fn`` (it would really fork)."""
    command = [sys.executable, "-m", "tradewind.worker.run_task", "--channel-fd", str(channel)]
    process = subprocess.Popen(
        [*command, "--parent", str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=(channel,),
        process_group=0,
    )
    process.returncode = 0  # the nursery reaps it: Popen must not
    return process.pid


def _warm_up() -> None:
    """Import and run once what every task would otherwise pay for."""
    rehearsal.warm_up()


def _load_engine() -> None:
    """The template engine, once some file has asked for it: from then on no other file imports it for itself. Before,
    it would only be dead weight in each fork.
    """
    import jinja2  # noqa: PLC0415
    import jinja2.sandbox  # noqa: PLC0415

    from tradewind.sdk import engine  # noqa: F401, PLC0415  ours

    jinja2.sandbox.SandboxedEnvironment().from_string("{{ a }}{% if a %}{% endif %}").render(a=1)
    gc.collect()
    gc.freeze()


def main(arguments: list[str]) -> int:
    """``--control-fd N --files M``: until the host closes N."""
    control = socket.socket(fileno=int(arguments[arguments.index("--control-fd") + 1]))
    control.set_inheritable(False)
    name_process("tradewind-zygot")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(arguments[arguments.index("--files") + 1]), hard))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)  # as tasks must have it: set here once, forks have it then
    _warm_up()
    forking.stop_gathering()
    gc.collect()
    gc.freeze()

    def fork_file_zygote(message: ControlDown, fds: list[int]) -> None:
        assert isinstance(message, ImportFile)
        if message.engine and "jinja2" not in sys.modules:
            _load_engine()
        if forking.fork():
            os.close(fds[0])
            return
        status = 1
        try:
            nursery.after_fork()
            file_zygote.serve(socket.socket(fileno=fds[0]), message)
            status = 0
        finally:
            os._exit(status)

    nursery = Nursery(control, _spawn_fresh, fork_file_zygote)
    nursery.run()
    return 0
