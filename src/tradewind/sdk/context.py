"""The context of a task: a mapping whose values are made when somebody asks for them.

A task that asks for no date loads no Pendulum; one that takes ``**kwargs`` gets everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from datetime import datetime, timedelta
from typing import Any

from tradewind.sdk import moments
from tradewind.sdk.current import get_current_context  # noqa: F401  its address in Airflow
from tradewind.sdk.params import ParamsDict
from tradewind.sdk.task_instance import DagRun, TaskInstance


class ParsingContext:
    """Which DAG and task a file is imported for; both None, as files are always imported whole here."""

    dag_id: str | None = None
    task_id: str | None = None


def get_parsing_context() -> ParsingContext:
    """For files that make fewer DAGs when only one is asked for."""
    return ParsingContext()


Maker = Callable[["Context"], Any]


class Context(MutableMapping[str, Any]):
    """Context variables by name."""

    def __init__(self, dag: Any, task: Any, ti: TaskInstance, run: DagRun) -> None:
        self._made: dict[str, Any] = {"dag": dag, "task": task, "ti": ti, "task_instance": ti, "dag_run": run}
        self._gone: set[str] = set()
        self.run, self.facts, self.dag, self.task, self.ti = run, run._facts, dag, task, ti

    def __getitem__(self, name: str) -> Any:
        made = self._made
        if name in made:
            return made[name]
        maker = MAKERS.get(name)
        if maker is None or name in self._gone:
            raise KeyError(name)
        value = made[name] = maker(self)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        self._made[name] = value
        self._gone.discard(name)

    def __delitem__(self, name: str) -> None:
        self._made.pop(name, None)
        self._gone.add(name)

    def __contains__(self, name: object) -> bool:
        return name in self._made or (name in MAKERS and name not in self._gone)

    def __iter__(self) -> Iterator[str]:
        yield from self._made
        for name in MAKERS:
            if name not in self._made and name not in self._gone:
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __or__(self, other: Any) -> dict[str, Any]:
        return {**self, **other}

    def copy(self) -> Context:
        """Another context with the same values."""
        twin = Context(self.dag, self.task, self.ti, self.run)
        twin._made.update(self._made)
        twin._gone |= self._gone
        return twin

    def __repr__(self) -> str:
        return repr(dict(self))


def _logical(context: Context) -> datetime | None:
    return context.facts.logical_date or context.facts.run_after


def _day(shift: int, dashes: bool) -> Maker:
    def make(context: Context) -> str | None:
        moment = _logical(context)
        if moment is None:
            return None
        return (moment + timedelta(days=shift)).strftime("%Y-%m-%d" if dashes else "%Y%m%d")

    return make


def _next(context: Context) -> datetime | None:
    facts = context.facts
    if context.run.external_trigger:
        return _logical(context)
    return facts.next_logical_date or facts.data_interval_end


def _previous(context: Context) -> datetime | None:
    facts = context.facts
    if context.run.external_trigger:
        return _logical(context)
    # The schedule says, not what happened to run; only a timetable of the author's own must be asked for its past.
    moment = _logical(context)
    before: datetime | None = context.dag.previous_schedule(moment) if context.dag is not None else None
    return before or facts.prev_logical_date


def _text(find: Callable[[Context], datetime | None], shape: str) -> Maker:
    def make(context: Context) -> str | None:
        moment = find(context)
        return moment.strftime(shape) if moment is not None else None

    return make


def _stamped(find: Callable[[Context], datetime | None]) -> Maker:
    return lambda context: moments.stamp(find(context))


def _success(name: str) -> Maker:
    return lambda context: moments.stamp(context.facts.prev_success.get(name))


def _ts(context: Context) -> str:
    moment = _logical(context)
    return moment.isoformat() if moment is not None else ""


def _params(context: Context) -> Any:
    return merged_params(context.dag, context.task, context.run.conf)


def merged_params(dag: Any, task: Any, conf: dict[str, Any]) -> ParamsDict:
    """Params of the DAG, overlaid by the task's, overlaid by the run's conf."""
    merged = ParamsDict(dag.params if dag is not None else None)
    own = getattr(task, "params", None) or {}
    for name, value in own.raw_items() if isinstance(own, ParamsDict) else own.items():
        merged[name] = value
    for name, value in conf.items():
        merged[name] = value
    return merged


def take_dag_params(task: Any, dag: Any) -> None:
    """Give a task's copy the params of its DAG, below its own: what ``task.params`` means while it runs."""
    if dag is not None and dag.params:
        task.params = merged_params(dag, task, {})


def _macros(_context: Context) -> Any:
    from tradewind.sdk import macros  # noqa: PLC0415  loaded when a template asks

    return macros


def _var(_context: Context) -> Any:
    from tradewind.sdk.variable import Variables  # noqa: PLC0415  loaded when a template asks

    return Variables()


def _conn(_context: Context) -> Any:
    from tradewind.sdk.connection import ConnectionAccessor  # noqa: PLC0415  loaded when a template asks

    return ConnectionAccessor()


def _conf(_context: Context) -> Any:
    from tradewind.sdk.configuration import conf  # noqa: PLC0415  loaded when a template asks

    return conf


def _outlet_events(context: Context) -> Any:
    from tradewind.sdk.asset_events import OutletEvents  # noqa: PLC0415  loaded when a task asks

    return OutletEvents(context.task.outlets)


def _inlet_events(context: Context) -> Any:
    from tradewind.sdk.asset_events import InletEvents  # noqa: PLC0415  loaded when a task asks

    return InletEvents(context.task.inlets)


def _triggering_events(context: Context) -> Any:
    from tradewind.sdk.asset_events import triggering  # noqa: PLC0415  loaded when a task asks

    return triggering(context.facts.consumed_asset_events)


def _key_text(context: Context) -> str:
    return f"{context.ti.dag_id}__{context.ti.task_id}__{context['ds_nodash']}"


MAKERS: dict[str, Maker] = {
    "conf": _conf,
    "conn": _conn,
    "data_interval_end": _stamped(lambda c: c.facts.data_interval_end),
    "data_interval_start": _stamped(lambda c: c.facts.data_interval_start),
    "dataset_events": _triggering_events,
    "ds": _day(0, True),
    "ds_nodash": _day(0, False),
    "execution_date": _stamped(_logical),
    "inlet_events": _inlet_events,
    "inlets": lambda c: c.task.inlets,
    "logical_date": _stamped(lambda c: c.facts.logical_date),
    "macros": _macros,
    "map_index_template": lambda c: c.task.map_index_template,
    "next_ds": _text(_next, "%Y-%m-%d"),
    "next_ds_nodash": _text(_next, "%Y%m%d"),
    "next_execution_date": _stamped(_next),
    "outlet_events": _outlet_events,
    "outlets": lambda c: c.task.outlets,
    "params": _params,
    "prev_data_interval_end_success": _success("data_interval_end"),
    "prev_data_interval_start_success": _success("data_interval_start"),
    "prev_ds": _text(_previous, "%Y-%m-%d"),
    "prev_ds_nodash": _text(_previous, "%Y%m%d"),
    "prev_end_date_success": _success("ended_at"),
    "prev_execution_date": _stamped(_previous),
    "prev_execution_date_success": _success("logical_date"),
    "prev_start_date_success": _success("started_at"),
    "previous_execution_date": _stamped(_previous),
    "run_id": lambda c: c.facts.run_id,
    "task_instance_key_str": _key_text,
    "task_reschedule_count": lambda _c: 0,
    "templates_dict": lambda _c: None,
    "test_mode": lambda c: c.ti.test_mode,
    "tomorrow_ds": _day(1, True),
    "tomorrow_ds_nodash": _day(1, False),
    "triggering_asset_events": _triggering_events,
    "triggering_dataset_events": _triggering_events,
    "ts": _ts,
    "ts_nodash": _text(_logical, "%Y%m%dT%H%M%S"),
    "ts_nodash_with_tz": lambda c: _ts(c).replace("-", "").replace(":", ""),
    "var": _var,
    "yesterday_ds": _day(-1, True),
    "yesterday_ds_nodash": _day(-1, False),
}

#: Asking for one of these loads Pendulum.
DATES = frozenset(
    name
    for name in MAKERS
    if name.endswith(("_date", "_date_success", "interval_end", "interval_start", "end_success"))
) | {"data_interval_start", "data_interval_end", "prev_data_interval_start_success"}
