"""``XCom`` and ``BaseXCom``: the class authors subclass to keep values their own way."""

from __future__ import annotations

from typing import Any

from tradewind.sdk import current, values
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
