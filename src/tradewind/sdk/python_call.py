"""Calling an author's function: it gets the context names its signature asks for, and no others."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

_RESERVED = "The key {!r} in args is a part of kwargs and therefore reserved."


def signature_of(function: Callable[..., Any]) -> inspect.Signature | None:
    """The signature, or None for callables that have none (some built-ins)."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def _plain_names(function: Callable[..., Any]) -> tuple[tuple[str, ...], int] | None:
    """Parameter names of an ordinary function and how many may be positional; None: only ``inspect`` can tell."""
    if type(function) is not FunctionType or function.__dict__:  # __wrapped__ and __signature__ would be there
        return None
    code = function.__code__
    if code.co_posonlyargcount or code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        return None
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount], code.co_argcount


def _for_plain(
    names: tuple[str, ...],
    positional: int,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    context: Mapping[str, Any],
) -> dict[str, Any]:
    taken = names[: min(positional, len(args))]
    for name in taken:
        if name in context and name not in kwargs:
            raise ValueError(_RESERVED.format(name))
    chosen = dict(kwargs)
    for name in names[len(taken) :]:
        if name not in chosen and name in context:
            chosen[name] = context[name]
    return chosen


def keywords_for(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], context: Mapping[str, Any]
) -> dict[str, Any]:
    """Keyword arguments for ``function(*args, **result)``: the author's ``kwargs``, then what it asks of the context.

    A positional argument that would land on a parameter named like a context variable is refused (ValueError), as it
    almost always is a mistake.
    """
    plain = _plain_names(function)
    if plain is not None:
        return _for_plain(*plain, args, kwargs, context)
    signature = signature_of(function)
    if signature is None:
        return dict(kwargs)
    parameters = signature.parameters
    taken = [p.name for p in parameters.values() if p.kind in _POSITIONAL][: len(args)]
    for name in taken:
        if name in context and name not in kwargs:
            raise ValueError(_RESERVED.format(name))
    chosen = dict(kwargs)
    swallow = False
    for name, parameter in parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            swallow = True
        elif (
            name in context
            and name not in chosen
            and name not in taken
            and parameter.kind is not inspect.Parameter.POSITIONAL_ONLY
        ):
            chosen[name] = context[name]
    if swallow:
        for name in context:
            if name not in chosen and name not in taken:
                chosen[name] = context[name]
    return chosen


def call_with_context(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], context: Mapping[str, Any]
) -> Any:
    """Call it so."""
    return function(*args, **keywords_for(function, args, kwargs, context))


def asks_for(function: Callable[..., Any]) -> frozenset[str] | None:
    """Names of its parameters; None when it swallows everything (``**kwargs``)."""
    signature = signature_of(function)
    if signature is None:
        return frozenset()
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in signature.parameters.values()):
        return None
    return frozenset(signature.parameters)
