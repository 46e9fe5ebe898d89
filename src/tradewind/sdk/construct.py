"""How an operator is built: keyword-only, defaults from the DAG, and clear words about what is missing.

The metaclass wraps each class's own ``__init__``: a parameter that was not given is filled from ``default_args`` (the
task's, then the group's, then the DAG's). A class in the middle of a hierarchy that passes a value itself wins.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from tradewind.errors import did_you_mean
from tradewind.sdk import scope
from tradewind.sdk.exceptions import AirflowException, MissingArgument

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def gather_default_args(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Defaults in force for an operator about to be built with ``kwargs``; nearer ones win."""
    group = kwargs.get("task_group") or scope.current_group()
    dag = kwargs.get("dag") or (group.dag if group is not None else None) or scope.current_dag()
    merged: dict[str, Any] = {}
    if dag is not None:
        merged.update(dag.default_args)
    if group is not None:
        merged.update(group.all_default_args())
    merged.update(kwargs.get("default_args") or {})
    return merged


def wrap_init(cls: type, init: Callable[..., None]) -> Callable[..., None]:
    """``init`` with defaults filled in and errors in the author's words."""
    parameters = [p for p in list(inspect.signature(init).parameters.values())[1:] if p.kind not in _VARIADIC]
    names = {p.name for p in parameters} - {"dag", "task_group", "default_args"}
    order = [p.name for p in parameters if p.kind in _POSITIONAL]
    required = [p.name for p in parameters if p.default is inspect.Parameter.empty]

    @wraps(init)
    def apply_defaults(self: Any, *args: Any, **kwargs: Any) -> None:
        if args and args[0] is self:  # a printed slip: super().__init__(self, ...)
            args = args[1:]
        state = self.__dict__
        outermost = "_defaults_in_force" not in state
        if outermost:
            if args:
                raise AirflowException("Use keyword arguments when initializing operators")
            state["_defaults_in_force"] = gather_default_args(kwargs)
            state["_given"] = dict(kwargs)
        elif args:
            kwargs.update(zip(order, args, strict=False))
        defaults = state["_defaults_in_force"]
        if defaults:
            for name in names.intersection(defaults):
                kwargs.setdefault(name, defaults[name])
        missing = [name for name in required if name not in kwargs]
        if missing:
            owner = f"{cls.__name__} {kwargs.get('task_id', '')!r}"
            one = f"Argument {missing} is required" if len(missing) == 1 else f"Arguments {missing} are required"
            # A slip of the pen leaves one argument missing and another one unknown: name both.
            strange = sorted(set(kwargs) - known_arguments(cls))
            guess = did_you_mean(strange[0], missing) if strange else None
            also = f"; it got {strange[0]!r}. {guess or 'It takes no such argument.'}" if strange else ""
            raise MissingArgument(f"{one} (missing keyword argument of {owner}){also}")
        init(self, **kwargs)
        if outermost:
            del state["_defaults_in_force"]
            self.built()

    apply_defaults.__tradewind_wrapped__ = True  # type: ignore[attr-defined]
    return apply_defaults


class OperatorMeta(type):
    """Wraps ``__init__`` of every operator class."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> Any:
        """Make the class and wrap its own ``__init__``."""
        cls = super().__new__(mcs, name, bases, namespace, **kwargs)
        own = namespace.get("__init__")
        if own is not None and not hasattr(own, "__tradewind_wrapped__"):
            cls.__init__ = wrap_init(cls, own)  # type: ignore[misc]
        return cls


def known_arguments(cls: type) -> set[str]:
    """Every argument name some ``__init__`` of the class's ancestry knows."""
    names: set[str] = set()
    for klass in cls.__mro__:
        own = klass.__dict__.get("__init__")
        if own is not None and klass is not object:
            names.update(p.name for p in inspect.signature(own).parameters.values() if p.kind not in _VARIADIC)
    return names - {"self"}
