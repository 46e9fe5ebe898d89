"""The process that serves the page and the API: ``python -m tradewind.api.main``."""

from __future__ import annotations

import argparse
import asyncio
import errno
import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING

from tradewind.errors import InvalidArgument, OutsideTrouble, TradewindError
from tradewind.settings import Settings, load_settings
from tradewind.store import migrate
from tradewind.store.engine import open_store
from tradewind.telemetry import ProcessStarted, emit

if TYPE_CHECKING:
    from tradewind.api.deps import Door

log = logging.getLogger("tradewind.api")


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OutsideTrouble, with the way out, when the port or the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio switches Nagle's delay off only where it is: without it an answer that goes
    # out in two pieces waits 40 ms for the acknowledgement of the first.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except (OSError, OverflowError) as trouble:
        listener.close()
        if isinstance(trouble, OSError) and trouble.errno == errno.EADDRINUSE:
            raise OutsideTrouble(
                f"Port {port} on {host} is in use by another program.",
                hint="Stop that program, or choose another port: --port 8081, or TRADEWIND__API__PORT=8081.",
            ) from None
        raise OutsideTrouble(
            f"Cannot listen on {host} port {port}: {trouble}.",
            hint="Choose another address or port: [api] host and port, or --host and --port.",
        ) from None
    return listener


def serve(settings: Settings, listener: socket.socket, *, access_log: bool = False) -> None:
    """Serve until SIGTERM or SIGINT. Open streams are ended at once, other requests get a moment."""
    import uvicorn  # noqa: PLC0415  heavy: a port in use or a wrong database must be told without waiting for it

    from tradewind.api.app import create_app  # noqa: PLC0415  the same

    app = create_app(settings)
    door: Door = app.state.door

    class Server(uvicorn.Server):
        """Ends the streams before it waits for open requests, and sleeps when there is nothing to do."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            door.feed.close()
            super().handle_exit(sig, frame)
            with suppress(AttributeError):  # it is told before its loop has begun
                self._loop.call_soon_threadsafe(self._told.set)

        async def main_loop(self) -> None:
            """Look once a second (for the date in the answers), not ten times; a signal is seen at once."""
            self._told = asyncio.Event()
            self._loop = asyncio.get_running_loop()
            while not await self.on_tick(0):
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._told.wait(), 1.0)

    config = uvicorn.Config(
        app,
        log_level="warning" if not access_log else "info",
        access_log=access_log,
        log_config=None,
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    emit(ProcessStarted("api", os.getpid()))
    log.info("serving on http://%s:%s", *listener.getsockname()[:2])
    Server(config).run(sockets=[listener])


def main(argv: list[str] | None = None) -> int:
    """Run the API; the exit code. 1 with a sentence on stderr when it cannot start."""
    parser = argparse.ArgumentParser(prog="tradewind api", description="Serve the page and the REST API.")
    parser.add_argument("--host", help="address to listen on ([api] host)")
    parser.add_argument("--port", "-p", help="port to listen on ([api] port)")
    parser.add_argument("--access-log", action="store_true", help="one line per request")
    given = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="[%(asctime)s] %(name)s %(levelname)s - %(message)s")
    overrides = {("api", key): getattr(given, key) for key in ("host", "port") if getattr(given, key) is not None}
    try:
        settings = load_settings(overrides=overrides)
        listener = bind(settings.get_str("api", "host"), settings.get_int("api", "port"))
        with listener:
            store = open_store(settings)
            migrate.check(store)
            store.close()
            serve(settings, listener, access_log=given.access_log)
    except TradewindError as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 2 if isinstance(trouble, InvalidArgument) else 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


if __name__ == "__main__":
    sys.exit(main())
