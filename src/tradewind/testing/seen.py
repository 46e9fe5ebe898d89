"""What a test looks at after a run."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from tradewind.errors import did_you_mean
from tradewind.sdk import values
from tradewind.sdk.local_run import LocalRun
from tradewind.testing.still_time import StillTime


class ByTask(dict[str, Any]):
    """A dict by task id. KeyError for an unknown id says what was meant."""

    def __missing__(self, name: str) -> Any:
        hint = did_you_mean(name, list(self)) or f"There is: {', '.join(self) or 'nothing'}."
        raise KeyError(f"no task {name!r} here. {hint}")


class Ears(logging.Handler):
    """Keeps each line that is logged or printed under the task that runs."""

    def __init__(self, who: Callable[[], tuple[str, str, str, int]]) -> None:
        super().__init__()
        self._who = who
        self.lines: dict[str, list[str]] = {}

    def _take(self, line: str) -> None:
        _, _, task_id, index = self._who()
        self.lines.setdefault(task_id if index < 0 else f"{task_id}[{index}]", []).append(line)

    def emit(self, record: logging.LogRecord) -> None:
        """A logged line."""
        self._take(record.getMessage())
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            self._take(f"{type(error).__name__}: {error}")

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Inside, everything is heard; what is printed still goes where it went."""
        logger = logging.getLogger("airflow.task")
        root = logging.getLogger()
        everyone = [root] if logger.propagate else [root, logger]
        levels = [one.level for one in everyone]
        for one in everyone:
            one.addHandler(self)
            one.setLevel(min(one.level or logging.INFO, logging.INFO))
        try:
            with contextlib.redirect_stdout(_Printed(self._take)):
                yield
        finally:
            for one, level in zip(everyone, levels, strict=True):
                one.removeHandler(self)
                one.setLevel(level)


class _Printed(io.TextIOBase):
    """A stream that hands on whole lines."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take, self._rest = take, ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._take(line)
        return len(text)


class DagResult:
    """A run that ended."""

    def __init__(self, run: LocalRun, time: StillTime, began: datetime, lines: Mapping[str, list[str]]) -> None:
        self._run = run
        self.state: str = run.state
        self.run_id, self.logical_date, self.conf = run.run_id, run.facts.logical_date, run.conf
        #: task id (``id[index]`` for mapped instances) -> state
        self.states: dict[str, str] = ByTask(run.states)
        #: task id -> number of its last try
        self.tries: dict[str, int] = ByTask({_named(*key): count for key, count in run.tries.items()})
        #: task id -> last line of what went wrong
        self.errors: dict[str, str] = {_named(*key): one.error for key, one in run.finished.items() if one.error}
        #: task id -> key -> value; a list of all for mapped tasks
        self.xcoms: dict[str, dict[str, Any]] = ByTask({task_id: {} for task_id in run.dag.task_dict})
        for (_, run_id, task_id, key), found in run.client.xcoms.items():
            if run_id == run.run_id:
                made = {index: values.decode(text) for index, text in found.items()}
                value = made[-1] if -1 in made else [made[index] for index in sorted(made)]
                self.xcoms.setdefault(task_id, {})[key] = value
        #: task id -> rendered template fields of its last try
        self.rendered: dict[str, Any] = {
            _named(*key): one.rendered for key, one in run.finished.items() if one.rendered
        }
        #: runs of other DAGs that were asked for, asset events that were told
        self.triggered, self.asset_events = list(run.client.triggered), list(run.client.events)
        #: variables after the run
        self.variables: dict[str, Any] = dict(run.client.variables)
        #: task id -> its lines
        self.logs: dict[str, list[str]] = {task_id: list(told) for task_id, told in lines.items() if task_id}
        #: how long it took by the clock of the run, which moved only while something waited
        self.took: timedelta = time.now() - began

    @property
    def success(self) -> bool:
        """Whether it succeeded."""
        return self.state == "success"

    def xcom(self, task_id: str, key: str = "return_value") -> Any:
        """A value a task pushed; None where there is none. KeyError for an unknown task."""
        return self.xcoms[task_id].get(key)

    def log(self, task_id: str) -> str:
        """A task's log as one text."""
        self.states[task_id]  # an unknown task is an error, a silent one has an empty log
        return "\n".join(self.logs.get(task_id, []))

    def __repr__(self) -> str:
        told = "".join(f"\n  {name}: {state}{self._why(name)}" for name, state in self.states.items())
        return f"<run of {self._run.dag_id} on {self.logical_date:%Y-%m-%d %H:%M}: {self.state}{told}>"

    def _why(self, name: str) -> str:
        return f" ({self.errors[name]})" if name in self.errors else ""


def _named(task_id: str, index: int) -> str:
    return task_id if index < 0 else f"{task_id}[{index}]"
