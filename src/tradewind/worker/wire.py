"""What host, zygotes and tasks say to each other inside one worker; never leaves the machine.

A task's socket is a stream of frames (``domain.messages.encode``). A control socket between host and zygote keeps
message borders (SEQPACKET), so that file descriptors travel with the message they belong to.
"""

from __future__ import annotations

import array
import socket
from typing import Any

import msgspec

from tradewind.domain.messages import FileRef, Finished, TaskReply, TaskRequest, WorkOrder


class Launch(msgspec.Struct, frozen=True, kw_only=True, tag="launch"):
    """Host to task: the order and what the task must know of its worker."""

    order: WorkOrder
    host: str
    log_folder: str
    log_level: str = "INFO"
    output_limit: int = 0
    note: str | None = None  #: said first in the task's log, e.g. why it got a fresh interpreter


class Secrets(msgspec.Struct, frozen=True, kw_only=True, tag="secrets"):
    """Task to host: values that must not appear in what the task's children print."""

    values: list[str]


TaskUp = Finished | TaskRequest | Secrets
TaskDown = Launch | TaskReply


class Spawn(msgspec.Struct, frozen=True, kw_only=True, tag="spawn"):
    """Host to zygote: make one task process; its socket and output pipe come along."""

    number: int
    idle: bool = False  #: no order waits for it yet: it may use the time to get ready


class ImportFile(msgspec.Struct, frozen=True, kw_only=True, tag="import"):
    """Host to zygote: fork a file zygote for this file; its control socket comes along."""

    file: FileRef
    timeout: float
    engine: bool = False  #: files of this home have templates: their engine is worth having before the fork


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag="ready"):
    """File zygote to host: the file is imported (``broken``: it is not, and tasks will say why)."""

    broken: bool = False
    engine: bool = False  #: it loaded the template engine
    unsafe: str | None = None  #: why a fork of this process would not be safe


class Forked(msgspec.Struct, frozen=True, kw_only=True, tag="forked"):
    """Zygote to host: the process exists. Number 0 is the file zygote itself."""

    number: int
    pid: int


class Exited(msgspec.Struct, frozen=True, kw_only=True, tag="exited"):
    """Zygote to host: the process is gone; ``status`` as from ``waitpid``."""

    number: int
    status: int
    never_was: str | None = None  #: why it could not be made


ControlDown = Spawn | ImportFile
ControlUp = Ready | Forked | Exited

_encoder = msgspec.msgpack.Encoder()
_down: msgspec.msgpack.Decoder[ControlDown] = msgspec.msgpack.Decoder(ControlDown)
_up: msgspec.msgpack.Decoder[ControlUp] = msgspec.msgpack.Decoder(ControlUp)
_FD = array.array("i").itemsize
#: Where a zygote receives: memory of its own for each message would be made, and copied after each fork.
_room = bytearray(65536)
_rooms = (_room,)
_view = memoryview(_room)
# The enums of ``socket`` cost each fork.
_SPACE, _CLOEXEC = socket.CMSG_SPACE(2 * _FD), int(getattr(socket, "MSG_CMSG_CLOEXEC", 0))
_SOCKET, _RIGHTS = int(socket.SOL_SOCKET), int(socket.SCM_RIGHTS)


def send_control(control: socket.socket, message: msgspec.Struct, fds: tuple[int, ...] = ()) -> None:
    """One control message, with file descriptors. Raises BlockingIOError on a full non-blocking socket."""
    body = _encoder.encode(message)
    if fds:
        control.sendmsg([body], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
    else:
        control.send(body)


def receive_down(control: socket.socket) -> tuple[ControlDown, list[int]] | None:
    """The next message for a zygote and its descriptors; None when the host is gone."""
    size, ancillary, _, _ = control.recvmsg_into(_rooms, _SPACE, _CLOEXEC)
    if not size:
        return None
    fds: list[int] = []
    for level, kind, data in ancillary:
        if level == _SOCKET and kind == _RIGHTS:
            fds += array.array("i", data[: len(data) - len(data) % _FD])
    return _down.decode(_view[:size]), fds


def receive_up(control: socket.socket) -> ControlUp | None:
    """The next message for the host; None when the zygote is gone. Raises BlockingIOError when there is none."""
    body: Any = control.recv(65536)
    return _up.decode(body) if body else None
