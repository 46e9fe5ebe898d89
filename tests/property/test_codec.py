"""What is frozen comes back as it was, whatever it holds."""

from __future__ import annotations

from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradewind.domain import codec
from tradewind.domain.spec import DagSpec, GroupSpec, MapSpec, TaskSpec, TimetableSpec

words = st.text(st.characters(codec="utf-8"), max_size=8)
numbers = st.integers(-(2**53), 2**53)
lengths = st.floats(allow_nan=False, allow_infinity=False, width=32)
moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
anything = st.recursive(
    st.none() | st.booleans() | numbers | lengths | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: words, int: numbers, float: lengths, bool: st.booleans(), datetime: moments, NoneType: st.none(), Any: anything,
}  # fmt: skip


def strategy(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type that occurs in a spec."""
    if kind in SIMPLE:
        return SIMPLE[kind]
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return st.one_of([strategy(one) for one in inner])
    if origin is list:
        return st.lists(strategy(inner[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(strategy(inner[0]), strategy(inner[1]), max_size=2)
    assert issubclass(kind, msgspec.Struct), f"no strategy for {kind}"
    return structs(kind)


def structs(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Specs of a kind: what must be given, and some of the rest."""
    hints = get_type_hints(kind)
    needed = {field.name for field in msgspec.structs.fields(kind) if field.required}
    return st.fixed_dictionaries(
        {name: strategy(hints[name]) for name in sorted(needed)},
        optional={name: st.deferred(lambda n=name: strategy(hints[n])) for name in sorted(set(hints) - needed)},
    ).map(lambda given: kind(**given))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(structs(DagSpec))
def test_a_dag_comes_back_from_the_store_as_it_was_frozen(spec: DagSpec) -> None:
    assert codec.load(codec.dump(spec)) == spec
    assert codec.load_bytes(codec.dump_bytes(spec)) == spec


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(structs(TaskSpec), structs(GroupSpec), structs(MapSpec), structs(TimetableSpec)), st.data())
def test_every_part_of_it_comes_back(part: Any, data: st.DataObject) -> None:
    if isinstance(part, MapSpec):
        part = TaskSpec(task_id="t", mapped=part)
    fields: dict[str, Any] = {
        TaskSpec: {"tasks": [part]}, GroupSpec: {"groups": [part]}, TimetableSpec: {"timetable": part},
    }[type(part)]  # fmt: skip
    spec = DagSpec(dag_id=data.draw(words), **fields)

    assert codec.load_bytes(codec.dump_bytes(spec)) == spec
    assert codec.dump(codec.load(codec.dump(spec))) == codec.dump(spec)


def test_a_newer_format_is_refused_and_not_misread() -> None:
    stored = codec.dump(DagSpec(dag_id="d"))
    stored["format"] = codec.FORMAT + 1

    with pytest.raises(ValueError, match="stored in format"):
        codec.load(stored)
