"""Params: named values a person may give when starting a run, each with a default and a JSON schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import date, datetime, time
from typing import Any

from tradewind.domain.param_check import breach
from tradewind.sdk.exceptions import ParamValidationError

_UNSET: Any = object()


class Param:
    """One param. Keyword arguments are JSON schema words: ``Param(5, type="integer", minimum=0)``."""

    def __init__(
        self, default: Any = _UNSET, description: str | None = None, schema: dict[str, Any] | None = None, **words: Any
    ) -> None:
        if default is not _UNSET:
            default = _json_value(default)
        self._value = default
        self.description = description
        self.schema: dict[str, Any] = {**(schema or {}), **words}

    @property
    def value(self) -> Any:
        """The default; ParamValidationError when it breaks the schema or there is none."""
        return self.resolve()

    @value.setter
    def value(self, value: Any) -> None:
        self._value = _json_value(value)

    @property
    def has_value(self) -> bool:
        """Whether a default was given."""
        return self._value is not _UNSET and self._value is not None

    def resolve(self, value: Any = _UNSET, suppress_exception: bool = False) -> Any:
        """``value`` (or the default), checked. None instead of an error with ``suppress_exception``."""
        chosen = self._value if value is _UNSET else _json_value(value)
        if chosen is _UNSET:
            if suppress_exception:
                return None
            raise ParamValidationError("No value passed and Param has no default value")
        if self.schema:
            problem = breach(chosen, self.schema)
            if problem:
                if suppress_exception:
                    return None
                raise ParamValidationError(problem)
        return chosen

    def dump(self) -> dict[str, Any]:
        """Plain values for the page."""
        value = None if self._value is _UNSET else self._value
        return {"value": value, "schema": self.schema, "description": self.description, "__class": "Param"}

    def __repr__(self) -> str:
        return f"Param({None if self._value is _UNSET else self._value!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Param) and self.dump() == other.dump()

    __hash__ = None  # type: ignore[assignment]


def _json_value(value: Any) -> Any:
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError) as error:
        raise ParamValidationError(f"All provided parameters must be json-serializable: {error}") from None


class ParamsDict(MutableMapping[str, Any]):
    """Params by name; reading gives checked values, ``get_param`` the Param itself."""

    def __init__(self, dict_obj: Mapping[str, Any] | None = None, suppress_exception: bool = False) -> None:
        self._params: dict[str, Param] = {}
        self.suppress_exception = suppress_exception
        for name, given in (dict_obj or {}).items():
            self._params[name] = given if isinstance(given, Param) else Param(given)
        if isinstance(dict_obj, ParamsDict):
            self._params = dict(dict_obj._params)

    def __getitem__(self, name: str) -> Any:
        return self._params[name].resolve(suppress_exception=self.suppress_exception)

    def __setitem__(self, name: str, value: Any) -> None:
        if isinstance(value, Param):
            self._params[name] = value
        elif name in self._params:
            known = self._params[name]
            try:
                checked = known.resolve(value, self.suppress_exception)
            except ParamValidationError as error:
                raise ParamValidationError(f"Invalid input for param {name}: {error}") from None
            self._params[name] = Param(checked, known.description, known.schema)
        else:
            self._params[name] = Param(value)

    def __delitem__(self, name: str) -> None:
        del self._params[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def get_param(self, name: str) -> Param:
        """The Param of that name."""
        return self._params[name]

    def raw_items(self) -> Iterator[tuple[str, Param]]:
        """Names and Params."""
        return iter(self._params.items())

    def dump(self) -> dict[str, Any]:
        """Checked values by name."""
        return {name: param.resolve(suppress_exception=self.suppress_exception) for name, param in self._params.items()}

    def validate(self) -> dict[str, Any]:
        """As ``dump``; ParamValidationError naming the first that breaks its schema."""
        values = {}
        for name, param in self._params.items():
            try:
                values[name] = param.resolve(suppress_exception=self.suppress_exception)
            except ParamValidationError as error:
                raise ParamValidationError(f"Invalid input for param {name}: {error}") from None
        return values

    def deep_merge(self, data: Mapping[str, Any]) -> None:
        """Take values from ``data``."""
        for name, value in data.items():
            self[name] = value

    def __repr__(self) -> str:
        return repr({name: param._value for name, param in self._params.items()})


class DagParam:
    """A param used as a default value in ``@dag``: the run's value takes its place at run time."""

    def __init__(self, current_dag: Any, name: str, default: Any = _UNSET) -> None:
        self._name, self._default = name, default
        if default is not _UNSET:
            current_dag.params[name] = default

    def iter_references(self) -> Iterator[Any]:
        """It depends on no task."""
        return iter(())

    def resolve(self, context: Any) -> Any:
        """The value of the run's conf, else of the params, else the default."""
        conf = (context["dag_run"].conf if context["dag_run"] is not None else None) or {}
        if self._name in conf:
            return conf[self._name]
        params = context["params"]
        if self._name in params:
            return params[self._name]
        if self._default is not _UNSET:
            return self._default
        raise ParamValidationError(f"No value could be resolved for parameter {self._name}")

    def __str__(self) -> str:
        return f"{{{{ params[{self._name!r}] }}}}"
