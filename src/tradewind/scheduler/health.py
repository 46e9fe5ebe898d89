"""Whether this scheduler gets anywhere. Beating is not enough: a loop that fails, hangs or leaves work lying is ill.

``Progress`` is told of each pass and asked at each beat; ``HealthDoor`` answers ``/health`` of this very process
([scheduler] enable_health_check), from a thread of its own, so that a loop that hangs cannot keep it from saying so.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

from tradewind.clock import Clock
from tradewind.errors import OutsideTrouble
from tradewind.settings import Settings

if TYPE_CHECKING:
    from tradewind.scheduler.tick import Scheduler

#: Work that is ready and lies for so long is no delay any more. Health must be bad 30 s after the last progress.
STALE_SECONDS = 20.0
#: An idle loop beats just before it passes: its last pass is then a whole beat old, and a little more.
_A_PASS_SECONDS = 1.0


class Work(NamedTuple):
    """The first thing a pass left undone although it is due. The same one again and again is no progress."""

    what: str
    since: datetime | None


def undone(scheduler: Scheduler) -> Work | None:
    """What is due and lies; None when everything that waits has a good reason to."""
    now = scheduler.clock.now()
    if scheduler.heard:
        return Work(f"a {type(scheduler.heard[0][1]).__name__} that is not written", None)
    if scheduler.timers and scheduler.timers[0][0] <= now:
        return Work("a retry, a deferral or a run that is due", scheduler.timers[0][0])
    at = scheduler.due.next_at()
    if at is not None and at <= now:
        return Work("a run that is due", at)
    nobody = not scheduler.shelf.live and not any(e.free_slots() > 0 for e in scheduler.executors.values())
    if nobody and scheduler.shelf.lanes:
        return Work("ready tasks, and no worker that takes them", None)
    return None


class Progress:
    """The memory of one scheduler's passes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.loops = 0  #: passes that came to their end
        self.failed = 0  #: passes in a row that did not
        self._error = ""
        self._work: Work | None = None
        self._work_at = 0.0  #: since when the same work lies
        self._good_at = clock.monotonic()  #: when it last got on, or rightly had nothing to do

    def passed(self, work: Work | None) -> None:
        """A pass came to its end, and left this behind."""
        now = self._clock.monotonic()
        self.loops += 1
        self.failed, self._error = 0, ""
        if work != self._work:
            self._work, self._work_at = work, now
        if self._work is None or now == self._work_at:
            self._good_at = now

    def crashed(self, error: BaseException) -> None:
        """A pass failed."""
        self.failed += 1
        self._error = str(error) or repr(error)

    def seconds_without(self) -> float:
        """How long ago it last got on."""
        return max(0.0, self._clock.monotonic() - self._good_at)

    def since_a_beat(self, beat_seconds: float) -> bool:
        """Whether it got on since the beat before, as a process that sleeps from beat to beat does."""
        return self.seconds_without() < beat_seconds + _A_PASS_SECONDS

    def is_good(self) -> bool:
        """What the health endpoint says."""
        return self.seconds_without() < STALE_SECONDS

    def facts(self) -> dict[str, Any]:
        """For the process row and the health endpoint."""
        found: dict[str, Any] = {"loops": self.loops, "seconds_without_progress": round(self.seconds_without(), 1)}
        if self._error:
            found["error"] = self._error[:300]
        if self._work is not None and self.seconds_without() > 1.0:
            since = f" since {self._work.since.isoformat()}" if self._work.since else ""
            found["oldest_work"] = f"{self._work.what}{since}"
        return found


class HealthDoor:
    """``GET /health`` on a port of this process: 200 while it gets on, 503 when it does not."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._server: ThreadingHTTPServer | None = None
        if not settings.get_bool("scheduler", "enable_health_check"):
            return
        host = settings.get_str("scheduler", "scheduler_health_check_server_host")
        port = settings.get_int("scheduler", "scheduler_health_check_server_port")
        try:
            self._server = ThreadingHTTPServer((host, port), _handler(progress))
        except OSError as error:
            raise OutsideTrouble(
                f"The health endpoint of the scheduler cannot listen on {host}:{port}: {error.strerror or error}.",
                hint="Free the port, or set another [scheduler] scheduler_health_check_server_port.",
            ) from None
        threading.Thread(target=self._server.serve_forever, daemon=True, name="health").start()

    @property
    def port(self) -> int | None:
        """Where it listens."""
        return None if self._server is None else int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def _handler(progress: Progress) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.split("?")[0].rstrip("/") != "/health":
                self.send_error(404)
                return
            good = progress.is_good()
            body = json.dumps({"status": "healthy" if good else "unhealthy", **progress.facts()}).encode()
            self.send_response(200 if good else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Health checks are no news."""

    return Handler
