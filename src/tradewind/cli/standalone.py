"""``tradewind standalone``: everything on this machine in one process tree, with nothing to set up."""

from __future__ import annotations

import argparse
import errno
import fcntl
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tradewind.cli import warm
from tradewind.cli.api_server import ADDRESS, as_environment
from tradewind.cli.counter import MODULES, Counter
from tradewind.cli.family import Child, Family
from tradewind.cli.fork import set_title
from tradewind.cli.ground import make_home
from tradewind.cli.shape import Verb
from tradewind.errors import Conflict, OutsideTrouble, TradewindError
from tradewind.loop import run_folder
from tradewind.settings import Settings, load_settings, misspelt

#: The rooms whose ``main`` is started; the one that takes longest comes first.
ROOMS = ("api", "scheduler", "parser")


def lock_home(home: Path) -> int:
    """Take the home for this process; Conflict when another standalone has it. The lock ends with the process."""
    folder = home / "run"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fd = os.open(folder / "standalone.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(fd, 100).decode(errors="replace").strip()
        os.close(fd)
        raise Conflict(
            f"Another standalone (process {holder or 'unknown'}) is running on {home}.",
            hint="Use that one, stop it first, or set TRADEWIND_HOME to another folder.",
        ) from None
    os.ftruncate(fd, 0)
    os.write(fd, f"{os.getpid()}\n".encode())
    return fd


def check_port(host: str, port: int, patience: float = 1.0) -> None:
    """OutsideTrouble when the address cannot be listened on. Waits a moment: a predecessor may just be leaving."""
    end = time.monotonic() + patience
    while True:
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
            return
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < end:
                time.sleep(0.1)
                continue
            busy = error.errno == errno.EADDRINUSE
            raise OutsideTrouble(
                f"Port {port} of {host} is in use by another program."
                if busy
                else f"Tradewind cannot listen on {host}:{port}: {error.strerror or error}.",
                hint="Choose another one with `--port` or TRADEWIND__API__PORT.",
            ) from None


def answers(host: str, port: int) -> bool:
    """Whether GET /health answers with 200 right now."""
    where = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    with suppress(OSError), socket.create_connection((where, port), timeout=2.0) as link:
        link.sendall(f"GET /health HTTP/1.0\r\nHost: {where}:{port}\r\n\r\n".encode())
        head = link.recv(64)
        return head.split(b" ", 2)[1:2] == [b"200"]
    return False


def _fingerprint(settings: Settings) -> str:
    """Changes when another database or other migrations mean that the database must be looked at again."""
    digest = hashlib.sha256(settings.get_str("database", "sql_alchemy_conn").encode())
    versions = Path(__file__).resolve().parent.parent / "store" / "migrations" / "versions"
    for file in sorted(versions.glob("*.py")) if versions.is_dir() else []:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def prepare(settings: Settings, environ: dict[str, str], *, force: bool = False) -> str | None:
    """Migrate the database and see to it that somebody can log in. The admin's password when it was made now.

    Done in a child that ends, so that this process stays small; skipped when nothing can have changed since last time.
    """
    stamp = settings.home / "run" / "prepared"
    wanted = _fingerprint(settings)
    database = settings.get_str("database", "sql_alchemy_conn")
    file = database.removeprefix("sqlite:///")
    if not force and stamp.is_file() and stamp.read_text() == wanted and (file == database or Path(file).is_file()):
        return None
    stamp.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "tradewind.cli.prepare"], env=environ, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        raise Prepared(done.returncode)
    stamp.write_text(wanted)
    made: str | None = json.loads(done.stdout.splitlines()[-1])["password"]
    return made


class Prepared(TradewindError):
    """The preparing child failed and has already said why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"The database could not be made ready (the reason is above; code {code}).")


def greeting(settings: Settings, address: str, password: str | None, seconds: float) -> str:
    """What a person needs to know once everything answers."""
    kept = settings.home / "admin-password.txt"
    entry = "the user you made" if not kept.is_file() else f"admin, password in {kept}"
    if password:
        entry = f"admin / {password}   (kept in {kept})"
    return (
        f"\nTradewind is ready after {seconds:.2f} s.\n"
        f"  page     {address}\n"
        f"  log in   {entry}\n"
        f"  DAGs     {settings.get_path('core', 'dags_folder')}\n"
        f"  stop     Ctrl-C\n\n"
    )


def command_of(room: str) -> list[str]:
    """How the process of a room is started."""
    return [sys.executable, "-m", f"tradewind.{room}.main"]


def _is_host(pid: int) -> bool:
    """Whether that process is a worker host (a number may belong to somebody else by now)."""
    try:
        return b"tradewind.worker.host" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False


def sweep(home: Path, seconds: float) -> None:
    """End the worker hosts that no scheduler has ended: SIGTERM, after ``seconds`` SIGKILL; then take the sockets away.

    Tasks of a host that is killed die with it; the next scheduler finds their rows and puts them back.
    """
    sockets = {path: int(path.stem.rsplit("-", 1)[1]) for path in run_folder(home).glob("worker-*.sock")}
    hosts = {pid for pid in sockets.values() if _is_host(pid)}
    for pid in hosts:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM if seconds else signal.SIGKILL)
    end = time.monotonic() + seconds
    while (hosts := {pid for pid in hosts if _is_host(pid)}) and time.monotonic() < end:
        time.sleep(0.05)
    for pid in hosts:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for path in (*sockets, *run_folder(home).glob("*.bell")):
        path.unlink(missing_ok=True)


def run_standalone(args: argparse.Namespace) -> int:
    """Until Ctrl-C or SIGTERM."""
    began = time.monotonic()
    environ = os.environ | as_environment(args)
    settings = load_settings(environ)
    environ["TRADEWIND_HOME"] = str(settings.home)  # children agree with us even if they run elsewhere
    if settings.origins[("worker", "orphan_grace_seconds")] == "default":
        # Long enough for a killed scheduler to be back, short enough that Ctrl-C leaves nothing behind.
        environ["TRADEWIND__WORKER__ORPHAN_GRACE_SECONDS"] = "10"
    for sentence in misspelt(environ):
        sys.stderr.write(f"tradewind: {sentence}\n")
    make_home(settings)
    lock = lock_home(settings.home)
    try:
        host, port = settings.get_str("api", "host"), settings.get_int("api", "port")
        check_port(host, port)
        password = prepare(settings, environ)
        shown = "localhost" if host in ("0.0.0.0", "::", "") else f"[{host}]" if ":" in host else host
        address = settings.get_str("api", "base_url") or f"http://{shown}:{port}"

        def on_ready() -> None:
            sys.stdout.write(greeting(settings, address, password, time.monotonic() - began))
            sys.stdout.flush()

        forks = warm.is_possible(environ)
        if forks:
            set_title("tradewind standalone")
            warm.load((*warm.SHARED, *MODULES), settings.get_str("database", "sql_alchemy_conn"))
        patience = settings.get_float("core", "killed_task_cleanup_time") + 10.0
        children = []
        for room in ROOMS:
            child = Child(room, command_of(room), environ, work=warm.room(room) if forks else None)
            if room == "scheduler":  # it ends the tasks first, and waits for them; by SIGTERM it would let them run on
                child.stop_with, child.stop_seconds = signal.SIGQUIT, patience
            children.append(child)
        counter = Counter(settings.home) if forks else None
        family = Family(children, is_ready=lambda: answers(host, port), on_ready=on_ready, door=counter)
        code = family.run()
        sweep(settings.home, 0.0 if family.hurried else patience)
        if family.failure:
            (settings.home / "run" / "prepared").unlink(missing_ok=True)
            raise OutsideTrouble(
                family.failure, hint="Its output is above; `tradewind db check` looks at the database."
            )
        return code
    finally:
        os.close(lock)


VERBS = (Verb("", "Start everything on this machine: page, API, scheduler and parser.", run_standalone, ADDRESS),)
