"""Tradewind: workflows in Python, started in milliseconds.

The door: names only. Each is loaded from its room on first use, so that a process that needs one loads no other.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as ``typing`` has it; to import that would take longer than everything else here
if TYPE_CHECKING:
    from tradewind.sdk.artifact import Artifact as Artifact
    from tradewind.sdk.asset import Asset as Asset
    from tradewind.sdk.asset import AssetAlias as AssetAlias
    from tradewind.sdk.asset import AssetAll as AssetAll
    from tradewind.sdk.asset import AssetAny as AssetAny
    from tradewind.sdk.asset import Dataset as Dataset
    from tradewind.sdk.asset_decorator import asset as asset
    from tradewind.sdk.base_operator import BaseOperator as BaseOperator
    from tradewind.sdk.calendars import BusinessDays as BusinessDays
    from tradewind.sdk.calendars import RRule as RRule
    from tradewind.sdk.connection import Connection as Connection
    from tradewind.sdk.current import get_current_context as get_current_context
    from tradewind.sdk.dag import DAG as DAG
    from tradewind.sdk.decorators import dag as dag
    from tradewind.sdk.decorators import setup as setup
    from tradewind.sdk.decorators import task as task
    from tradewind.sdk.decorators import task_group as task_group
    from tradewind.sdk.decorators import teardown as teardown
    from tradewind.sdk.edges import Label as Label
    from tradewind.sdk.edges import chain as chain
    from tradewind.sdk.edges import chain_linear as chain_linear
    from tradewind.sdk.edges import cross_downstream as cross_downstream
    from tradewind.sdk.group import TaskGroup as TaskGroup
    from tradewind.sdk.key_limits import ConcurrencyLimit as ConcurrencyLimit
    from tradewind.sdk.key_limits import RateLimit as RateLimit
    from tradewind.sdk.object_storage import ObjectStoragePath as ObjectStoragePath
    from tradewind.sdk.operators.bash import BashOperator as BashOperator
    from tradewind.sdk.operators.empty import EmptyOperator as EmptyOperator
    from tradewind.sdk.operators.python import PythonOperator as PythonOperator
    from tradewind.sdk.params import Param as Param
    from tradewind.sdk.template import literal as literal
    from tradewind.sdk.trigger_rule import TriggerRule as TriggerRule
    from tradewind.sdk.variable import Variable as Variable
    from tradewind.sdk.xcom_arg import XComArg as XComArg

_ROOMS = {
    "Artifact": "artifact",
    "BashOperator": "operators.bash",
    "BusinessDays": "calendars",
    "RRule": "calendars",
    "EmptyOperator": "operators.empty",
    "PythonOperator": "operators.python",
    "setup": "decorators",
    "teardown": "decorators",
    "Asset": "asset",
    "AssetAlias": "asset",
    "AssetAll": "asset",
    "AssetAny": "asset",
    "BaseOperator": "base_operator",
    "ConcurrencyLimit": "key_limits",
    "Connection": "connection",
    "DAG": "dag",
    "Dataset": "asset",
    "Label": "edges",
    "ObjectStoragePath": "object_storage",
    "Param": "params",
    "RateLimit": "key_limits",
    "TaskGroup": "group",
    "TriggerRule": "trigger_rule",
    "Variable": "variable",
    "XComArg": "xcom_arg",
    "asset": "asset_decorator",
    "chain": "edges",
    "chain_linear": "edges",
    "cross_downstream": "edges",
    "dag": "decorators",
    "get_current_context": "current",
    "literal": "template",
    "task": "decorators",
    "task_group": "decorators",
}

__version__ = "0.1.0"
__all__ = sorted(_ROOMS)  # noqa: PLE0605  the table above is the list


def __getattr__(name: str) -> object:
    room = _ROOMS.get(name)
    if room is None:
        raise AttributeError(f"module 'tradewind' has no attribute {name!r}")
    value = getattr(import_module(f"tradewind.sdk.{room}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_ROOMS, "__version__"])
