"""How a verb reaches the rest of the house: the store to ask, the ``Act`` to change with. Loaded only by verbs that need it."""

from __future__ import annotations

import getpass
import json
import re
from datetime import UTC, datetime
from typing import Any

from tradewind.actions.context import Act
from tradewind.clock import SystemClock
from tradewind.errors import InvalidArgument, NotFound
from tradewind.loop import Ringer
from tradewind.settings import load_settings
from tradewind.store.engine import Store, open_store
from tradewind.store.migrate import check
from tradewind.store.notices import WideRinger
from tradewind.store.reads import run_pages


def me() -> str:
    """Who types: the name the audit log and the journal get."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "cli"


def open_act(*, checked: bool = True) -> Act:
    """The house of these settings, to ask and to change. Refuses a database that does not fit the code."""
    settings = load_settings()
    store = open_store(settings)
    if checked:
        check(store)
    ringer = WideRinger(Ringer(settings.home), store)
    return Act(store=store, clock=SystemClock(), ringer=ringer, settings=settings, actor=me(), origin="cli")


def json_object(text: str | None, field: str) -> dict[str, Any]:
    """The JSON object a person typed; InvalidArgument for anything else."""
    if not text:
        return {}
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InvalidArgument(
            f"{field} is not JSON: {error}.",
            field=field,
            hint="""Write it like '{"key": "value"}', in single quotes.""",
        ) from None
    if not isinstance(value, dict):
        raise InvalidArgument(f"{field} must be a JSON object, not {type(value).__name__}.", field=field)
    return value


def moment(text: str, field: str = "date") -> datetime:
    """The point in time a person typed (ISO 8601; no zone means UTC)."""
    try:
        at = datetime.fromisoformat(text.strip().replace(" ", "T", 1) if " " in text.strip() else text.strip())
    except ValueError:
        raise InvalidArgument(
            f"{text!r} is not a {field}.", field=field, hint="Write it like 2026-01-31 or 2026-01-31T06:00:00+00:00."
        ) from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def looks_like_date(text: str) -> bool:
    """Whether the text is a date and not a run id."""
    return re.match(r"\d{4}-\d{2}-\d{2}([T ]|$)", text) is not None


def find_run(store: Store, dag_id: str, which: str | None) -> dict[str, Any]:
    """A run by its id or its logical date; the newest for None. Raises NotFound with a guess."""
    with store.read() as conn:
        if which is not None and not looks_like_date(which):
            return run_pages.one_run(conn, dag_id, which)
        at = moment(which) if which is not None else None
        wanted = run_pages.RunFilter(dag_id=dag_id, logical_from=at, logical_to=at, order_by="-run_after")
        _, runs = run_pages.list_runs(conn, wanted, limit=1, offset=0)
    if runs:
        return runs[0]
    when = f" for {which}" if which is not None else ""
    raise NotFound(
        f"DAG {dag_id!r} has no run{when}.",
        kind="run",
        name=which or "",
        hint=f"`tradewind dags list-runs -d {dag_id}`.",
    )


def confirmed(question: str, *, yes: bool) -> bool:
    """Ask back before something is lost; False for anything but yes, or when nobody can be asked."""
    if yes:
        return True
    try:
        return input(f"{question} (y/n) ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
