"""The short way of a command: have it run by the ``standalone`` of this home, which has everything loaded already.

Imports next to nothing. Whatever is not exactly right (nobody there, another release, another user, no answer at once)
means None: the command then runs by itself, as it always can.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys

#: Frames: the request is HEAD (its length) and its text; the counter says HERE, we say BEGIN, it says DONE and a code.
HEAD = struct.Struct("!I")
HERE, BEGIN, DONE = b"+", b"g", b"="
LIMIT = 4 << 20
#: Who does not answer within this time is not waited for.
AT_ONCE = 0.5
_SWITCH = "TRADEWIND_CLI_DOOR"
_PATH_MAX = 60  # a longer run folder is somewhere else, see ``loop.run_folder``


def identity() -> str:
    """Which program this is: who differs in any of it is not the same command."""
    facts = (os.path.dirname(__file__), sys.prefix, sys.version, os.environ.get("PYTHONPATH", ""), os.getuid())  # noqa: PTH120  pathlib costs more than the whole module
    return "\n".join(map(str, facts))


class Request:
    """What a command tells of itself."""

    def __init__(
        self,
        words: list[str],
        environ: dict[str, str],
        *,
        identity: str,
        folder: str,
        umask: int,
        encoding: str,
        errors: str,
    ) -> None:
        self.words, self.environ = words, environ
        self.identity, self.folder, self.umask = identity, folder, umask
        self.encoding, self.errors = encoding, errors

    def text(self) -> bytes:
        """For the wire: fields end with NUL, which none of them can hold."""
        head = [self.identity, self.folder, str(self.umask), self.encoding, self.errors, str(len(self.words))]
        variables = [f"{name}={value}" for name, value in self.environ.items()]
        return "\0".join([*head, *self.words, *variables]).encode("utf-8", "surrogateescape")

    @classmethod
    def parse(cls, data: bytes) -> Request:
        """The other way. ValueError when it is no request."""
        identity, folder, umask, encoding, errors, count, *rest = data.decode("utf-8", "surrogateescape").split("\0")
        words, variables = rest[: int(count)], rest[int(count) :]
        pairs = (text.partition("=") for text in variables)
        return cls(
            words,
            {name: value for name, _, value in pairs},
            identity=identity,
            folder=folder,
            umask=int(umask),
            encoding=encoding,
            errors=errors,
        )


def counter_path() -> str | None:
    """Where the counter of our own home would be. None: not worth a look."""
    given = os.environ.get("TRADEWIND_HOME") or os.environ.get("AIRFLOW_HOME")
    home = os.path.realpath(os.path.expanduser(given)) if given else os.path.expanduser("~/tradewind")  # noqa: PTH111
    folder = os.path.join(home, "run")  # noqa: PTH118
    if len(folder) > _PATH_MAX:
        from pathlib import Path  # noqa: PLC0415  only for a home with a long name

        from tradewind.loop import run_folder  # noqa: PLC0415  the same

        folder = str(run_folder(Path(home)))
    path = os.path.join(folder, "cli.sock")  # noqa: PTH118
    return path if os.path.exists(path) else None  # noqa: PTH110


def _ask(link: socket.socket, path: str, words: list[str]) -> bool:
    link.settimeout(AT_ONCE)
    link.connect(path)
    umask = os.umask(0o077)
    os.umask(umask)
    request = Request(
        words,
        dict(os.environ),
        identity=identity(),
        folder=os.getcwd(),  # noqa: PTH109
        umask=umask,
        encoding=sys.stdout.encoding,
        errors=sys.stdout.errors or "strict",
    ).text()
    data = HEAD.pack(len(request)) + request
    link.sendall(data)
    return link.recv(1) == HERE


def knock(words: list[str]) -> int | None:
    """The exit code of the command, run by a running installation; None when it has to run here."""
    path = counter_path() if os.environ.get(_SWITCH, "1") != "0" else None
    if path is None or sys.stdin is None or sys.stdout is None or sys.stderr is None:
        return None
    try:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        if not _ask(link, path, words):
            return None
    except (OSError, ValueError):
        return None
    passed_on: list[int] = []

    def pass_on(number: int, _frame: object) -> None:
        passed_on.append(number)
        try:
            link.send(bytes([number]))
        except OSError:
            return  # it has ended; its answer is being read

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    link.settimeout(None)
    socket.send_fds(link, [BEGIN], [0, 1, 2])  # only now: who does not answer must not hold them open
    answer = b""
    while len(answer) < 2 and (more := link.recv(2)):
        answer += more
    if answer[:1] == DONE and len(answer) == 2:
        return answer[1]
    if passed_on:  # it ended by the signal; so do we, for the shell to see
        signal.signal(passed_on[-1], signal.SIG_DFL)
        os.kill(os.getpid(), passed_on[-1])
    sys.stderr.write("tradewind: the installation ended while it ran this command.\n")
    return 1
