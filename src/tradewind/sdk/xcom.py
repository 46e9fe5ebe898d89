"""``XCom`` and ``BaseXCom``: the class authors subclass to keep values their own way."""

from __future__ import annotations

import base64
import inspect
import json
from functools import cache
from importlib import import_module
from typing import Any

from tradewind.errors import InvalidArgument
from tradewind.sdk import current, values
from tradewind.sdk.configuration import settings
from tradewind.sdk.exceptions import AirflowException


class BaseXCom:
    """``serialize_value`` runs at each push, ``deserialize_value`` at each pull (its argument has ``.value``)."""

    XCOM_RETURN_KEY = values.XCOM_RETURN_KEY

    def __init__(self, key: str = values.XCOM_RETURN_KEY, value: Any = None, **facts: Any) -> None:
        self.key, self.value = key, value
        for name, fact in facts.items():
            setattr(self, name, fact)

    @staticmethod
    def serialize_value(value: Any, **_: Any) -> Any:
        """What is stored: JSON text as bytes."""
        return values.encode(value)[0].encode()

    @staticmethod
    def deserialize_value(result: Any) -> Any:
        """The value of a stored record."""
        raw = getattr(result, "value", result)
        return values.decode(raw) if isinstance(raw, (str, bytes)) else raw

    def orm_deserialize_value(self) -> Any:
        """What lists show; must not call a remote store."""
        return BaseXCom.deserialize_value(self)

    @classmethod
    def get_one(cls, *, key: str = values.XCOM_RETURN_KEY, task_id: str | None = None, dag_id: str | None = None,
                run_id: str | None = None, map_index: int | None = None, **_: Any) -> Any:  # fmt: skip
        """A value of this run, or None."""
        ti = current.get_current_context()["ti"]
        return ti.xcom_pull(task_ids=task_id, dag_id=dag_id, key=key, run_id=run_id, map_indexes=map_index)

    @classmethod
    def set(cls, key: str, value: Any, **_: Any) -> None:
        """Push a value of the running task."""
        current.get_current_context()["ti"].xcom_push(key=key, value=value)

    @classmethod
    def delete(cls, *_: Any, **__: Any) -> None:
        """Refused: values go with their task."""
        raise AirflowException("XComs are deleted by clearing their task, or on the page under Admin > XComs.")


XCom = BaseXCom


@cache
def backend() -> type[BaseXCom] | None:
    """The author's class named by [xcom] backend; None where values are kept our way. Wrong: InvalidArgument."""
    path: str = settings().get("xcom", "backend").strip()
    if not path or path.endswith(("xcom.BaseXCom", "xcom.XCom")):
        return None
    home, _, name = path.rpartition(".")
    try:
        found = getattr(import_module(home), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidArgument(
            f"[xcom] backend: {path!r} cannot be imported: {error}",
            field="xcom.backend",
            hint="Write module.Class of a module in the plugins folder, the DAGs folder or an installed package.",
        ) from error
    if not (isinstance(found, type) and issubclass(found, BaseXCom)):
        raise InvalidArgument(
            f"[xcom] backend: {path!r} is not a subclass of BaseXCom.",
            field="xcom.backend",
            hint="Derive it: class MyXCom(airflow.models.xcom.BaseXCom).",
        )
    return found


def to_stored(kind: type[BaseXCom], key: str, value: Any, owner: Any) -> tuple[str, int | None]:
    """What the author's class makes of a value, as JSON text; and the value's own length, for mapping."""
    facts = {name: getattr(owner, name, None) for name in ("task_id", "dag_id", "run_id", "map_index")} | {"key": key}
    signature = inspect.signature(kind.serialize_value).parameters.values()
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in signature):
        known = {parameter.name for parameter in signature}
        facts = {name: fact for name, fact in facts.items() if name in known}
    made = kind.serialize_value(value, **facts)
    length = len(value) if isinstance(value, (list, tuple, dict)) else None
    text = made.decode("utf-8", "surrogateescape") if isinstance(made, (bytes, bytearray)) else made
    if isinstance(text, str) and _is_json(text):
        return text, length
    if isinstance(made, (bytes, bytearray)):
        return json.dumps({values.TYPE: "raw", "value": base64.b64encode(made).decode()}), length
    return values.encode(made)[0], length


def from_stored(kind: type[BaseXCom], key: str, text: str, **facts: Any) -> Any:
    """The value again, by the author's class. Its argument is the record as it was stored: bytes in ``.value``."""
    form = json.loads(text)
    is_raw = isinstance(form, dict) and form.get(values.TYPE) == "raw"
    return kind.deserialize_value(kind(key, base64.b64decode(form["value"]) if is_raw else text.encode(), **facts))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
