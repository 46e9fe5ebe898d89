"""Results of tasks as values: what a task will return, before it ran.

Taking one as an argument makes the producer an upstream task; at run time the value takes its place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

from tradewind.sdk.edges import DependencyMixin
from tradewind.sdk.exceptions import AirflowException, XComNotFound
from tradewind.sdk.values import TYPE, from_json

if TYPE_CHECKING:
    from tradewind.sdk.base_operator import BaseOperator

RETURN_KEY = "return_value"
_ABSENT: Any = object()


class XComArg(DependencyMixin):
    """The value a task pushes. ``XComArg(task)`` and ``XComArg(task, key)`` make a plain one."""

    operator: Any
    key: str
    parts: tuple[XComArg, ...] = ()

    def __new__(cls, *args: Any, **kwargs: Any) -> XComArg:
        """A plain result unless a kind of result is asked for."""
        return super().__new__(PlainXComArg if cls is XComArg else cls)

    def __init__(self, operator: BaseOperator | None = None, key: str = RETURN_KEY) -> None:
        if operator is not None:
            self.operator, self.key = operator, key

    def references(self) -> Iterator[tuple[Any, str]]:
        """Every (task, key) the value is made of."""
        raise NotImplementedError

    def resolve(self, context: Any) -> Any:
        """The value at run time."""
        raise NotImplementedError

    @property
    def roots(self) -> Sequence[Any]:
        """The tasks that make the value."""
        return list(dict.fromkeys(task for task, _ in self.references()))

    @property
    def leaves(self) -> Sequence[Any]:
        """The tasks that make the value."""
        return self.roots

    @property
    def dag(self) -> Any:
        """The DAG of the producing task."""
        return self.roots[0].dag

    def map(self, f: Callable[[Any], Any]) -> XComArg:
        """Each item changed by ``f`` when it is used."""
        if getattr(f, "is_task_decorator", False):
            raise ValueError("map() argument must be a plain function, not a @task operator")
        return MapXComArg(self, f)

    def filter(self, keep: Callable[[Any], Any] | None = None) -> XComArg:
        """Only items for which ``keep`` (default: the item itself) is true; a mapped task of the others is skipped."""
        return FilterXComArg(self, keep or bool)

    def zip(self, *others: XComArg, fillvalue: Any = _ABSENT) -> XComArg:
        """Items of several results side by side, as tuples; up to the longest when ``fillvalue`` is given."""
        return ZipXComArg((self, *others), fillvalue)

    def concat(self, *others: XComArg) -> XComArg:
        """Items of several results one after the other."""
        return ConcatXComArg((self, *others))

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(f"{type(self).__name__!r} object is not iterable: the task has not run yet; use .expand(...)")

    def __bool__(self) -> bool:
        return True

    def as_setup(self) -> XComArg:
        """Make the producing tasks setup tasks."""
        for task in self.roots:
            task.as_setup()
        return self

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | None = None) -> XComArg:
        """Make the producing tasks teardown tasks."""
        for task in self.roots:
            task.as_teardown(setups=setups, on_failure_fail_dagrun=on_failure_fail_dagrun)
        return self

    def __enter__(self) -> Any:
        return self.roots[0].__enter__()

    def __exit__(self, *args: object) -> None:
        self.roots[0].__exit__(*args)

    def note_edge(self, other: Any, side: str) -> None:
        """Results keep no edges of their own."""


class PlainXComArg(XComArg):
    """One pushed value of one task."""

    def references(self) -> Iterator[tuple[Any, str]]:
        """Itself."""
        yield self.operator, self.key

    def __getitem__(self, key: str) -> XComArg:
        if not isinstance(key, str):
            raise ValueError(f"XComArg only supports str lookup, received {type(key).__name__}")
        return PlainXComArg(self.operator, key)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PlainXComArg):
            return NotImplemented
        return self.operator is other.operator and self.key == other.key

    def __hash__(self) -> int:
        return hash((id(self.operator), self.key))

    def __str__(self) -> str:
        operator = self.operator
        dag_part = f"dag_id='{operator.dag_id}', " if operator.has_dag() else ""
        return f"{{{{ task_instance.xcom_pull(task_ids='{operator.task_id}', {dag_part}key='{self.key}') }}}}"

    def __format__(self, _spec: str) -> str:
        return str(self)

    def __repr__(self) -> str:
        where = "" if self.key == RETURN_KEY else f", {self.key!r}"
        return f"XComArg({self.operator!r}{where})"

    def resolve(self, context: Any) -> Any:
        """Pull the value; missing although the key is not the usual one and the task pushes: XComNotFound."""
        ti = context["ti"]
        task_id = self.operator.task_id
        value = ti.pull_for(self.operator, key=self.key, default=_ABSENT)
        if value is _ABSENT:
            if self.key == RETURN_KEY or self.operator.is_mapped:
                return None
            raise XComNotFound(ti.dag_id, task_id, self.key)
        return value

    def items(self, context: Any) -> Any:
        """As ``resolve``, but items of a list are decoded when they are asked for: an instance needs only one."""
        return context["ti"].pull_for(self.operator, key=self.key, default=None, decode=lazy_list)


@lru_cache(maxsize=2)
def _form(text: str) -> Any:
    """The parsed text, kept because a mapped instance asks for the count and then for its item. Never handed out."""
    return json.loads(text)


def lazy_list(text: str) -> Any:
    """A stored value; a list with its items still encoded."""
    form = _form(text)
    if isinstance(form, dict) and form.get(TYPE) == "stored":
        from tradewind.sdk.exchange import text_of  # noqa: PLC0415  DAG files import this module, and few values are large

        return lazy_list(text_of(form))
    return LazyItems(form, from_json) if isinstance(form, list) else from_json(form)


class _Wrapping(XComArg):
    """A result made of other results."""

    def references(self) -> Iterator[tuple[Any, str]]:
        """Those of its parts."""
        for part in self.parts:
            yield from part.references()

    def resolve_parts(self, context: Any) -> list[Any]:
        """Values of the parts, each as a sequence."""
        return [as_items(part.resolve(context), part) for part in self.parts]


class MapXComArg(_Wrapping):
    """Items changed by a function."""

    def __init__(self, arg: XComArg, function: Callable[[Any], Any]) -> None:
        self.parts, self.function = (arg,), function

    def resolve(self, context: Any) -> Any:
        """A sequence that calls the function on an item when it is asked for."""
        return LazyItems(self.resolve_parts(context)[0], self.function)

    def __repr__(self) -> str:
        return f"{self.parts[0]!r}.map({getattr(self.function, '__name__', 'f')})"


class FilterXComArg(_Wrapping):
    """Items a function keeps. In a mapped task each item keeps its place, and the dropped ones are skipped."""

    def __init__(self, arg: XComArg, keep: Callable[[Any], Any]) -> None:
        self.parts, self.keep = (arg,), keep

    def resolve(self, context: Any) -> Any:
        """The kept items."""
        return [item for item in self.resolve_parts(context)[0] if self.keep(item)]


class ZipXComArg(_Wrapping):
    """Items side by side."""

    def __init__(self, args: tuple[XComArg, ...], fillvalue: Any) -> None:
        self.parts, self.fillvalue = args, fillvalue

    @property
    def longest(self) -> bool:
        """Whether it goes up to the longest part."""
        return self.fillvalue is not _ABSENT

    def resolve(self, context: Any) -> Any:
        """Tuples."""
        parts = self.resolve_parts(context)
        if self.longest:
            return list(zip_longest(*parts, fillvalue=self.fillvalue))
        return list(zip(*parts, strict=False))


class ConcatXComArg(_Wrapping):
    """Items one after the other."""

    def __init__(self, args: tuple[XComArg, ...]) -> None:
        self.parts = args

    def resolve(self, context: Any) -> Any:
        """All items."""
        return list(chain.from_iterable(self.resolve_parts(context)))


class LazyItems(Sequence[Any]):
    """A sequence whose items are computed when they are asked for."""

    def __init__(self, items: Any, function: Callable[[Any], Any]) -> None:
        self._items, self._function = items, function

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self._function(item) for item in self._items[index]]
        return self._function(self._items[index])

    def __repr__(self) -> str:
        return f"LazyItems({len(self)} items)"


def as_items(value: Any, what: Any) -> Any:
    """A value as the items a mapped task runs over: a sequence, or the pairs of a dict."""
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, (list, tuple, LazyItems)):
        return value
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return value
    raise AirflowException(
        f"Cannot map over {what!r}: expected a list or a dict, got {type(value).__name__}. "
        f"Return a list from that task."
    )


def results_in(value: Any, depth: int = 0) -> Iterator[XComArg]:
    """Every result inside (nested) containers."""
    if isinstance(value, XComArg):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from results_in(item, depth + 1)
    elif isinstance(value, (list, tuple, set, frozenset)):
        if depth < 32:
            for item in value:
                yield from results_in(item, depth + 1)
    elif hasattr(value, "iter_references"):
        yield from value.iter_references()
    elif value is not None and not isinstance(value, (str, int, float, bytes)) and not isinstance(value, type):
        for name in getattr(value, "template_fields", ()) if not isinstance(value, DependencyMixin) else ():
            if depth < 8:
                yield from results_in(getattr(value, name, None), depth + 1)


def resolve_results(value: Any, context: Any) -> Any:
    """The value with every result inside replaced by what the task pushed."""
    if isinstance(value, XComArg) or hasattr(value, "iter_references"):
        return value.resolve(context)
    if isinstance(value, dict):
        return {key: resolve_results(item, context) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve_results(item, context) for item in value]
    if isinstance(value, tuple):
        items = [resolve_results(item, context) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, set):
        return {resolve_results(item, context) for item in value}
    return value


def link_arguments(task: BaseOperator) -> None:
    """Make the producers of every result among the task's templated attributes upstream of it."""
    found: dict[int, Any] = {}
    fields = list(task.template_fields) if not isinstance(task.template_fields, str) else [task.template_fields]
    for name in fields:
        value = getattr(task, name, None)
        if value is None or isinstance(value, (str, int)):
            continue
        for arg in results_in(value):
            for producer in arg.roots:
                found[id(producer)] = producer
    for value in (getattr(task, "__dict__", {}).get("_given") or {}).values():
        if isinstance(value, XComArg):
            for producer in value.roots:
                found[id(producer)] = producer
    task.__dict__.pop("_given", None)
    for producer in found.values():
        if producer is not task:
            task.set_upstream(producer)
