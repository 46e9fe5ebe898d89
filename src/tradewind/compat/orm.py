"""Names of Airflow's database models. They can be imported, for annotations and ``isinstance``; any use explains itself.

Task and DAG code cannot open Tradewind's database, so a query built from these could never be answered.
"""

from __future__ import annotations

from typing import Any, NoReturn

from tradewind.compat.legacy import orm_is_gone


class _Model(type):
    """A class of which nothing can be had: neither objects nor columns."""

    def __getattr__(cls, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        orm_is_gone(f"{cls.__name__}.{name}")

    def __call__(cls, *_: Any, **__: Any) -> NoReturn:
        orm_is_gone(f"{cls.__name__}()")


NAMES = (
    "AssetDagRunQueue", "AssetEvent", "AssetModel", "Base", "BaseJob", "Callback", "Deadline", "DagBundleModel", "DagCode",
    "DagModel", "DagOwnerAttributes", "DagPickle", "DagRunNote", "DagTag", "DagVersion", "DagWarning", "DbCallbackRequest",
    "ImportError", "Job", "Log", "Pool", "RenderedTaskInstanceFields", "SchedulerJob", "SerializedBaseOperator", "SerializedDAG",
    "SerializedDagModel", "SimpleTaskInstance", "SlaMiss", "TaskFail", "TaskInstanceHistory", "TaskInstanceNote",
    "TaskMap", "TaskReschedule", "Trigger", "XComModel", "BaseSerialization", "SerializedMappedOperator", "HITLDetail",
    "DatasetModel", "DatasetEvent", "DatasetDagRunQueue", "DagScheduleAssetReference", "TaskOutletAssetReference",
)  # fmt: skip
_CLASSES = {name: _Model(name, (), {"__module__": __name__, "__doc__": "See tradewind.compat.orm."}) for name in NAMES}


def __getattr__(name: str) -> Any:
    """The class of that name."""
    try:
        return _CLASSES[name]
    except KeyError:
        raise AttributeError(name) from None


def _refusing(name: str) -> Any:
    def function(*_: Any, **__: Any) -> NoReturn:
        orm_is_gone(f"{name}()")

    function.__name__ = name
    function.__doc__ = "Explains why it cannot be done here."
    return function


clear_task_instances = _refusing("clear_task_instances")
expand_alias_to_assets = _refusing("expand_alias_to_assets")
encode_timetable = _refusing("encode_timetable")
coerce_to_core_timetable = _refusing("coerce_to_core_timetable")
create_scheduler_operator = _refusing("create_scheduler_operator")
