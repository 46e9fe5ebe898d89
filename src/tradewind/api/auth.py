"""Who asks? Session cookie, bearer token or basic credentials in; a ``Person`` or a refusal out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from tradewind.actions.context import Act
from tradewind.actions.log_in import WrongPassword, check_password, token_hash
from tradewind.api.problems import NotLoggedIn, TooManyTries
from tradewind.clock import Clock
from tradewind.errors import Forbidden
from tradewind.store.engine import Store
from tradewind.store.reads.access import login_of, person_of_session

T = TypeVar("T")
COOKIE = "tradewind_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FREE_TRIES = 5
_LONGEST_WAIT = 300.0
_REMEMBERED = 10_000
_BASIC_SECONDS = 60.0


class Person(NamedTuple):
    """Somebody known. ``token`` is what they showed, when it can be given back."""

    username: str
    roles: list[str]
    token: str | None = None


class Throttle:
    """Slows down guessing: after five wrong passwords for a name from an address, each further one doubles a wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, username: str, address: str) -> None:
        """Raise TooManyTries while the wait lasts."""
        with self._lock:
            _, until = self._failures.get((username, address), (0, 0.0))
        left = until - self._clock.monotonic()
        if left > 0:
            raise TooManyTries(int(left) + 1)

    def failed(self, username: str, address: str) -> None:
        """One more wrong password."""
        with self._lock:
            count = self._failures.pop((username, address), (0, 0.0))[0] + 1
            wait = min(2.0 ** (count - _FREE_TRIES), _LONGEST_WAIT) if count >= _FREE_TRIES else 0.0
            self._failures[(username, address)] = (count, self._clock.monotonic() + wait)
            while len(self._failures) > _REMEMBERED:
                self._failures.popitem(last=False)

    def succeeded(self, username: str, address: str) -> None:
        """Start counting afresh."""
        with self._lock:
            self._failures.pop((username, address), None)


class Porter:
    """Tells people apart. Right basic credentials are remembered for a minute, as a hash: scrypt is slow by design."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.throttle = Throttle(clock)
        self._store = store
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[float, str]] = OrderedDict()
        self._lock = threading.Lock()
        self._tries = threading.BoundedSemaphore(2)  # one try takes 16 MiB and a core

    def person(self, request: HTTPConnection, act: Act) -> Person:
        """Who sent the request. Raises NotLoggedIn, WrongPassword, TooManyTries, or Forbidden for a forged request."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            return self._basic(given.strip(), request, act)
        if scheme.lower() == "bearer":
            return self._of_token(given.strip())
        cookie = request.cookies.get(COOKIE)
        if not cookie:
            raise NotLoggedIn("This needs a log-in.", hint="Log in on the page, or send user name and password.")
        person = self._of_token(cookie)
        _refuse_forged(request)
        return person

    def guarded(self, username: str, address: str, attempt: Callable[[], T]) -> T:
        """Try a password, with the throttle. Raises what ``attempt`` raises, or TooManyTries."""
        self.throttle.check(username, address)
        try:
            with self._tries:
                done = attempt()
        except WrongPassword:
            self.throttle.failed(username, address)
            raise
        self.throttle.succeeded(username, address)
        return done

    def _of_token(self, token: str) -> Person:
        with self._store.read() as conn:
            found = person_of_session(conn, token_hash(token), self._clock.now())
        if found is None:
            raise NotLoggedIn("The log-in is over.", hint="Log in again.")
        return Person(found.username, found.roles, token)

    def _basic(self, given: str, request: HTTPConnection, act: Act) -> Person:
        try:
            username, colon, password = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            username = colon = password = ""
        if not colon:
            raise NotLoggedIn("The Authorization header is not basic credentials.", hint="Send user:password, base64.")
        with self._store.read() as conn:
            found = login_of(conn, username)
        # The stored hash is part of the key: a changed password is noticed at once.
        known_as = hashlib.sha256(f"{found.password_hash if found else ''}\0{given}".encode()).digest()
        now = self._clock.monotonic()
        with self._lock:
            kept = self._known.get(known_as)
        if found is None or not found.is_active or kept is None or kept[0] < now:
            self.guarded(username, address_of(request), lambda: check_password(act, username, password))
            with self._lock:
                self._known[known_as] = (now + _BASIC_SECONDS, username)
                while len(self._known) > 1000:
                    self._known.popitem(last=False)
        return Person(username, found.roles if found else [])


def address_of(request: HTTPConnection) -> str:
    """Where the request came from, for throttle and audit."""
    return request.client.host if request.client else ""


def _refuse_forged(request: HTTPConnection) -> None:
    """A cookie is sent by any page the browser has open: a change must show that it comes from ours."""
    if request.scope.get("method", "GET") in SAFE_METHODS or request.headers.get("x-requested-with"):
        return
    if request.headers.get("sec-fetch-site") == "same-origin":  # browsers say so themselves; a page cannot
        return
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc == request.headers.get("host"):
        return
    raise Forbidden(
        "A change with the session cookie must come from our own page.",
        hint="Send the header X-Requested-With, or use a bearer token.",
    )
