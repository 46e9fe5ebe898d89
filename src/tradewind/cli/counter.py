"""The counter of a running ``standalone``: commands typed elsewhere are served by forks of the warm root.

A command (``cli.knock``) connects to ``<run folder>/cli.sock`` and sends who it is, its words, its environment and its
working folder. A fork looks whether it is the same release, says so, and waits for the word to begin (so that nothing
runs twice when the other side has given up), with which the three standard descriptors come. Then it is the command: it
reads the settings from that environment, writes to those descriptors, and answers with the exit code.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys
import threading
import traceback
from contextlib import suppress
from functools import partial
from pathlib import Path

from tradewind.cli import warm
from tradewind.cli.fork import KEPT, fork, open_streams, set_title, take_descriptors, take_environment
from tradewind.cli.knock import BEGIN, DONE, HEAD, HERE, LIMIT, Request, identity
from tradewind.cli.main import NOUNS, main
from tradewind.loop import run_folder

#: What the commands that are served here need.
MODULES = tuple(f"tradewind.cli.{noun.module}" for noun in NOUNS.values() if noun.served)
#: Commands served at once; one more runs itself.
PLACES = 64
#: A command that has connected says what it wants within this time, or is let go.
PATIENCE = 5.0


def may_enter(link: socket.socket) -> bool:
    """Whether the other side is a process of our own user."""
    if not hasattr(socket, "SO_PEERCRED"):
        return False
    _pid, uid, _gid = struct.unpack("3i", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return bool(uid == os.getuid())


class Counter:
    """A door of the family, see the module."""

    def __init__(self, home: Path) -> None:
        self._path = run_folder(home) / "cli.sock"
        self._listener: socket.socket | None = None
        self._serving: set[int] = set()

    def open(self) -> int:
        """Listen; the descriptor, or -1 when the socket cannot be had."""
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.unlink(missing_ok=True)  # of a predecessor: the lock on the home says that it is gone
            before = os.umask(0o177)
            try:
                self._listener.bind(str(self._path))
            finally:
                os.umask(before)
        except OSError as error:
            sys.stderr.write(f"standalone | commands run by themselves: {self._path} cannot be made ({error})\n")
            self._listener.close()
            self._listener = None
            return -1
        self._listener.listen(PLACES)
        self._listener.setblocking(False)
        return self._listener.fileno()

    def serve(self) -> None:
        """Give everybody who waits a fork of this process."""
        assert self._listener is not None
        with suppress(BlockingIOError):
            while True:
                link, _ = self._listener.accept()
                with link:
                    if may_enter(link) and len(self._serving) < PLACES:
                        self._serving.add(fork(partial(attend, link)))

    def reap(self) -> None:
        """Bury those that have ended."""
        for pid in list(self._serving):
            if os.waitpid(pid, os.WNOHANG)[0]:
                self._serving.discard(pid)

    def close(self) -> None:
        """Serve nobody any more; who is being served is told to stop."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            self._path.unlink(missing_ok=True)
        for pid in self._serving:
            os.kill(pid, signal.SIGTERM)  # not yet buried, so the number is still its own


def attend(link: socket.socket) -> int:
    """In the fork: be the command."""
    take_descriptors((0, 1, 2), link.fileno())
    link.detach()
    link = socket.socket(fileno=KEPT)
    link.settimeout(PATIENCE)
    try:
        request = receive(link)
        if request.identity != identity() or not warm.is_current():
            return 1
        os.chdir(request.folder)
        link.sendall(HERE)
        word, fds, _flags, _address = socket.recv_fds(link, 1, 3)
        if word != BEGIN or len(fds) != 3:
            return 1
    except (OSError, ValueError):
        return 1  # it runs by itself: it has not heard our word
    link.settimeout(None)
    take_descriptors((fds[0], fds[1], fds[2]), link.fileno())
    be(request)
    threading.Thread(target=listen, args=(link,), daemon=True).start()
    try:
        code = main(request.words)
    except BaseException:  # as an interpreter would: shown, and the code is 1
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    with suppress(OSError):
        link.sendall(DONE + bytes([code & 0xFF]))
    return code


def receive(link: socket.socket) -> Request:
    """The whole request. ValueError for anything else."""
    (length,) = HEAD.unpack(_exactly(link, HEAD.size))
    if length > LIMIT:
        raise ValueError("too long")
    return Request.parse(_exactly(link, length))


def _exactly(link: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        more = link.recv(min(65536, length - len(data)))
        if not more:
            raise ValueError("cut off")
        data += more
    return bytes(data)


def be(request: Request) -> None:
    """Stand where the command stood."""
    take_environment(request.environ)
    os.umask(request.umask)
    open_streams(request.encoding, request.errors)
    set_title(f"tradewind: {' '.join(request.words[:2])}")
    sys.argv = ["tradewind", *request.words]


def listen(link: socket.socket) -> None:
    """In a thread: what the command is told, we are told; when it is gone, so are we."""
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    while True:
        try:
            told = link.recv(1)
        except OSError:
            told = b""
        signal.pthread_kill(main_thread, told[0] if told else signal.SIGTERM)
        if not told:
            return
