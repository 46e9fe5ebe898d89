"""What a running task may ask of the house, served from the store.

``Door.serve`` answers the ``TaskRequest``s of worker processes inside the scheduler's transaction; ``StoreClient`` is
the same thing as a plain ``TaskClient`` for commands such as ``tasks test``. The verbs are the methods of
``sdk.client.TaskClient``; values cross as JSON text.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from tradewind.actions.context import Act
from tradewind.actions.task_questions import Asker, Questions
from tradewind.domain.keys import TaskKey
from tradewind.domain.messages import TaskReply, TaskRequest
from tradewind.errors import TradewindError
from tradewind.store.engine import Conn

#: Verbs that change rows; each gets a savepoint, so that a refused one leaves the transaction whole.
WRITES = frozenset({"xcom_push", "xcom_delete", "variable_set", "variable_delete", "run_trigger"})
_DATES = ("logical_date",)


class Door:
    """Serves task requests. ``made_runs`` is raised when one of them made a run: the scheduler looks again."""

    def __init__(self, act: Act) -> None:
        self._questions = Questions(act)
        self.made_runs = False

    def serve(self, conn: Conn, request: TaskRequest, key: TaskKey, run_pk: int) -> TaskReply:
        """The answer to one request of the live attempt of ``key``. Never raises for a request's own fault."""
        try:
            args = {name: _decoded(name, value) for name, value in request.args.items()}
            asker = Asker(key, run_pk, request.attempt_id)
            if request.verb in WRITES and request.verb != "xcom_push" and conn.dialect.name != "sqlite":
                with conn.begin_nested():
                    value = self._questions.ask(conn, asker, request.verb, args)
            else:
                value = self._questions.ask(conn, asker, request.verb, args)
            self.made_runs |= request.verb == "run_trigger"
            return TaskReply(attempt_id=request.attempt_id, number=request.number, value=_plain(value))
        except TradewindError as error:
            if error.code == "database_trouble":
                raise
            facts = {"code": error.code, "message": error.message, "hint": error.hint}
        except (TypeError, ValueError, LookupError) as error:
            facts = {"code": "invalid_argument", "message": f"{request.verb}: {error}", "hint": None}
        return TaskReply(attempt_id=request.attempt_id, number=request.number, error=facts)


def _decoded(name: str, value: Any) -> Any:
    if name in _DATES and isinstance(value, str):
        return datetime.fromisoformat(value)
    if name == "logical_dates" and value is not None:
        return [datetime.fromisoformat(v) if isinstance(v, str) else v for v in value]
    return value


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)


class StoreClient:
    """``TaskClient`` over the store itself: for a process that may see the database anyway."""

    def __init__(self, act: Act, key: TaskKey, run_pk: int, attempt_id: str | None = None) -> None:
        self._act = act
        self._questions = Questions(act)
        self._asker = Asker(key, run_pk, attempt_id)

    def __getattr__(self, verb: str) -> Any:
        if verb.startswith("_") or not hasattr(Questions, verb):
            raise AttributeError(verb)

        def call(**args: Any) -> Any:
            if verb in WRITES:
                found = self._act.store.retry(lambda conn: self._questions.ask(conn, self._asker, verb, args))
                if verb == "run_trigger":
                    self._act.wake("scheduler", "api")
                return _plain(found)
            with self._act.store.read() as conn:
                return _plain(self._questions.ask(conn, self._asker, verb, args))

        return call
