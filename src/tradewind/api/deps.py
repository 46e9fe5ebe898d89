"""What a route gets handed: a ``Visit``, which is who asks, and the ``Door`` with everything behind it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Request
from starlette.responses import Response

from tradewind import plugins
from tradewind.actions.context import Act
from tradewind.actions.test_connection import forms_of_hooks
from tradewind.api.auth import Person, Porter, address_of
from tradewind.api.stream import Feed
from tradewind.backends.logs.contract import LogReader
from tradewind.backends.logs.files import FileLogs
from tradewind.backends.secrets.contract import Vault
from tradewind.backends.secrets.fernet import open_vault
from tradewind.backends.values.contract import ValueStore
from tradewind.backends.values.opening import open_values
from tradewind.clock import Clock
from tradewind.domain.access import Thing, Verb, may
from tradewind.domain.connection_form import ConnectionForm
from tradewind.errors import Forbidden, InvalidArgument
from tradewind.loop import Ringer
from tradewind.settings import Settings
from tradewind.store.engine import Conn, Store
from tradewind.store.notices import WideRinger
from tradewind.store.reads.layouts import Layouts

#: No list is longer; beyond it a database's own numbers end.
_FARTHEST = 10**15


class Door:
    """Everything the routes of one app share. Made once, in ``create_app``."""

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock
        self.ringer = WideRinger(Ringer(settings.home), store)
        self.layouts = Layouts()
        self.porter = Porter(store, clock)
        self.feed = Feed(store, settings.home)
        self.logs: LogReader = FileLogs(settings.log_folder)
        self.page_limit = settings.get_int("api", "maximum_page_limit")

    @property
    def api_is_closed(self) -> bool:
        """Whether programs may not log in; the page, with its session, goes on."""
        given = [name.strip() for name in self.settings.get("api", "auth_backends").split(",") if name.strip()]
        return bool(given) and all(name.endswith("deny_all") for name in given)

    @cached_property
    def vault(self) -> Vault:
        """Opened at first use: most pages touch no secret."""
        return open_vault(self.settings)

    def values(self) -> ValueStore:
        """Where large XComs rest."""
        return open_values(self.settings)

    @cached_property
    def _learned(self) -> dict[str, Any]:
        """What hooks say of their forms, where their packages do not; asked once, in a process of its own."""
        return forms_of_hooks(plugins.untold_hooks())

    def forms(self) -> tuple[ConnectionForm, ...]:
        """The form of every type of connection."""
        return plugins.connection_forms(self._learned)

    def act(self, actor: str, origin: str) -> Act:
        """What a verb needs, in the name of ``actor``."""
        return Act(
            store=self.store,
            clock=self.clock,
            ringer=self.ringer,
            settings=self.settings,
            actor=actor,
            origin=origin,
        )

    def page(self, limit: int, offset: int) -> tuple[int, int]:
        """Limit and offset of a list, kept within the settings. Raises InvalidArgument for negative ones."""
        for name, value in (("limit", limit), ("offset", offset)):
            if value < 0:
                raise InvalidArgument(f"{name} must not be negative.", field=name, hint="Mend the number.")
            if value > _FARTHEST:
                raise InvalidArgument(f"{name} is beyond {_FARTHEST:,}.", field=name, hint="Mend the number.")
        return min(limit or self.page_limit, self.page_limit), offset


@dataclass(frozen=True)
class Visit:
    """One request of somebody who may do what the route does."""

    door: Door
    person: Person
    act: Act

    def read(self) -> AbstractContextManager[Conn]:
        """A reading connection."""
        return self.door.store.read()


def door_of(request: Request) -> Door:
    """The door of the app that got the request."""
    door: Door = request.app.state.door
    return door


class Allow:
    """Lets in who holds the permission. Tests find the permission of a route here."""

    def __init__(self, verb: Verb, thing: Thing) -> None:
        self.verb = verb
        self.thing = thing

    def __call__(self, request: Request) -> Visit:
        """Raise NotLoggedIn or Forbidden, or hand over the visit."""
        door = door_of(request)
        origin = address_of(request)
        if request.url.path.startswith("/api/") and door.api_is_closed and "authorization" in request.headers:
            raise Forbidden(
                "The REST API is closed here ([api] auth_backends is deny_all).",
                hint="An administrator opens it: leave the setting out, or name basic_auth.",
            )
        person = door.porter.person(request, door.act("anonymous", origin))
        if not may(person.roles, self.verb, self.thing):
            raise Forbidden(
                f"{person.username} may not {self.verb} {self.thing}.",
                hint="Ask an administrator for a role that may (an Op or a User, for example).",
            )
        return Visit(door, person, door.act(person.username, origin))


def _visit(verb: Verb, thing: Thing) -> Any:
    return Depends(Allow(verb, thing))


ReadWebsite = Annotated[Visit, _visit(Verb.READ, Thing.WEBSITE)]
ReadDags = Annotated[Visit, _visit(Verb.READ, Thing.DAGS)]
EditDags = Annotated[Visit, _visit(Verb.EDIT, Thing.DAGS)]
DeleteDags = Annotated[Visit, _visit(Verb.DELETE, Thing.DAGS)]
ReadRuns = Annotated[Visit, _visit(Verb.READ, Thing.DAG_RUNS)]
CreateRuns = Annotated[Visit, _visit(Verb.CREATE, Thing.DAG_RUNS)]
EditRuns = Annotated[Visit, _visit(Verb.EDIT, Thing.DAG_RUNS)]
DeleteRuns = Annotated[Visit, _visit(Verb.DELETE, Thing.DAG_RUNS)]
ReadTasks = Annotated[Visit, _visit(Verb.READ, Thing.TASK_INSTANCES)]
EditTasks = Annotated[Visit, _visit(Verb.EDIT, Thing.TASK_INSTANCES)]
ReadLogs = Annotated[Visit, _visit(Verb.READ, Thing.TASK_LOGS)]
DeleteXComs = Annotated[Visit, _visit(Verb.DELETE, Thing.XCOMS)]
ReadXComs = Annotated[Visit, _visit(Verb.READ, Thing.XCOMS)]
ReadErrors = Annotated[Visit, _visit(Verb.READ, Thing.IMPORT_ERRORS)]
ReadAudit = Annotated[Visit, _visit(Verb.READ, Thing.AUDIT_LOGS)]
ReadConfig = Annotated[Visit, _visit(Verb.READ, Thing.CONFIGURATIONS)]
ReadVariables = Annotated[Visit, _visit(Verb.READ, Thing.VARIABLES)]
CreateVariables = Annotated[Visit, _visit(Verb.CREATE, Thing.VARIABLES)]
EditVariables = Annotated[Visit, _visit(Verb.EDIT, Thing.VARIABLES)]
DeleteVariables = Annotated[Visit, _visit(Verb.DELETE, Thing.VARIABLES)]
ReadConnections = Annotated[Visit, _visit(Verb.READ, Thing.CONNECTIONS)]
CreateConnections = Annotated[Visit, _visit(Verb.CREATE, Thing.CONNECTIONS)]
EditConnections = Annotated[Visit, _visit(Verb.EDIT, Thing.CONNECTIONS)]
DeleteConnections = Annotated[Visit, _visit(Verb.DELETE, Thing.CONNECTIONS)]
ReadPools = Annotated[Visit, _visit(Verb.READ, Thing.POOLS)]
CreatePools = Annotated[Visit, _visit(Verb.CREATE, Thing.POOLS)]
EditPools = Annotated[Visit, _visit(Verb.EDIT, Thing.POOLS)]
DeletePools = Annotated[Visit, _visit(Verb.DELETE, Thing.POOLS)]
ReadAssets = Annotated[Visit, _visit(Verb.READ, Thing.ASSETS)]
CreateAssets = Annotated[Visit, _visit(Verb.CREATE, Thing.ASSETS)]
ReadUsers = Annotated[Visit, _visit(Verb.READ, Thing.USERS)]
CreateUsers = Annotated[Visit, _visit(Verb.CREATE, Thing.USERS)]
EditUsers = Annotated[Visit, _visit(Verb.EDIT, Thing.USERS)]
DeleteUsers = Annotated[Visit, _visit(Verb.DELETE, Thing.USERS)]


def json_answer(value: Any, status: int = 200) -> Response:
    """JSON by msgspec: several times faster than going through models, and lists of runs are long."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")
