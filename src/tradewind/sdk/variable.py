"""Variables: named texts kept outside of DAG files. Environment first, then the store."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from tradewind.sdk import current, masking
from tradewind.sdk.secrets import ask_backend

_UNSET: Any = object()


class Variable:
    """``Variable.get("name")``, ``Variable.set("name", value)``, ``Variable.delete("name")``."""

    def __init__(self, key: str | None = None, val: Any = None, description: str | None = None) -> None:
        self.key, self.val, self.description = key, val, description

    @classmethod
    def get(
        cls, key: str, default: Any = _UNSET, deserialize_json: bool = False, default_var: Any = _UNSET, **_: Any
    ) -> Any:
        """The text (or the JSON value). KeyError when there is no such variable and no default."""
        text = _look_up(key)
        if text is None:
            for fallback in (default, default_var):
                if fallback is not _UNSET:
                    return fallback
            raise KeyError(f"Variable {key} does not exist")
        value = json.loads(text) if deserialize_json else text
        if masking.is_sensitive_name(key) or deserialize_json:
            masking.register(value, key)
        return value

    @classmethod
    def set(cls, key: str, value: Any, description: str | None = None, serialize_json: bool = False, **_: Any) -> None:
        """Keep a variable."""
        text = json.dumps(value, indent=2) if serialize_json else str(value)
        _client_or_raise("set a variable").variable_set(key=key, value=text, description=description)

    @classmethod
    def update(cls, key: str, value: Any, serialize_json: bool = False, **_: Any) -> None:
        """Change a variable that exists. KeyError otherwise."""
        if _look_up(key) is None:
            raise KeyError(f"Variable {key} does not exist")
        cls.set(key, value, serialize_json=serialize_json)

    @classmethod
    def setdefault(cls, key: str, default: Any, description: str | None = None, deserialize_json: bool = False) -> Any:
        """The value, which is made ``default`` when there is none."""
        found = cls.get(key, None, deserialize_json)
        if found is None:
            cls.set(key, default, description, serialize_json=deserialize_json)
            return default
        return found

    @classmethod
    def delete(cls, key: str, **_: Any) -> int:
        """How many were deleted: 0 or 1."""
        return int(_client_or_raise("delete a variable").variable_delete(key=key))

    def get_val(self) -> Any:
        """The text of this object."""
        return self.val

    def __repr__(self) -> str:
        return f"{self.key} : {masking.redact(self.val, self.key)}"


def _look_up(key: str) -> str | None:
    current.note_lookup("variable", key)
    found = ask_backend("get_variable", key)
    if found is not None:
        return str(found)
    for prefix in ("TRADEWIND_VAR_", "AIRFLOW_VAR_"):
        text = os.environ.get(prefix + key.upper())
        if text is not None:
            return text
    client = current.client_or_home()
    return client.variable_get(key=key) if client is not None else None


def _client_or_raise(what: str) -> Any:
    client = current.client()
    if client is None:
        raise RuntimeError(f"Cannot {what} here: this process is not connected. Do it inside a task.")
    return client


class VariableAccessor:
    """``var.value`` and ``var.json`` of templates: by attribute, by item, or ``get(name, default)``."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Variable.get(name, deserialize_json=self._as_json)

    def __getitem__(self, name: str) -> Any:
        return Variable.get(name, deserialize_json=self._as_json)

    def get(self, name: str, default_var: Any = _UNSET, default: Any = _UNSET) -> Any:
        """The value, or the default."""
        return Variable.get(name, default, self._as_json, default_var)

    def __repr__(self) -> str:
        return f"<var.{'json' if self._as_json else 'value'}>"


class Variables:
    """The ``var`` of templates."""

    def __init__(self) -> None:
        self.value, self.json = VariableAccessor(False), VariableAccessor(True)

    def __repr__(self) -> str:
        return "{'json': None, 'value': None}"


LookUp = Callable[[str], Any]
