"""Who may do what: roles, and the permissions they hold. The five roles are Airflow's, each includes the one before."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Verb(StrEnum):
    """What one does with a thing."""

    READ = "read"
    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"


class Thing(StrEnum):
    """What a permission speaks of, named as people see it."""

    WEBSITE = "Website"
    DAGS = "DAGs"
    DAG_RUNS = "DAG Runs"
    TASK_INSTANCES = "Task Instances"
    TASK_LOGS = "Task Logs"
    XCOMS = "XComs"
    IMPORT_ERRORS = "ImportError"
    AUDIT_LOGS = "Audit Logs"
    VARIABLES = "Variables"
    CONNECTIONS = "Connections"
    POOLS = "Pools"
    ASSETS = "Assets"
    CONFIGURATIONS = "Configurations"
    USERS = "Users"


Permission = tuple[Verb, Thing]
_V, _T = Verb, Thing


def _all(*things: Thing) -> frozenset[Permission]:
    return frozenset((verb, thing) for verb in Verb for thing in things)


PUBLIC: frozenset[Permission] = frozenset()
VIEWER = PUBLIC | {
    (_V.READ, thing)
    for thing in (
        _T.WEBSITE,
        _T.DAGS,
        _T.DAG_RUNS,
        _T.TASK_INSTANCES,
        _T.TASK_LOGS,
        _T.XCOMS,
        _T.IMPORT_ERRORS,
        _T.AUDIT_LOGS,
        _T.POOLS,
        _T.ASSETS,
    )
}
USER = (
    VIEWER | {(_V.EDIT, _T.DAGS), (_V.DELETE, _T.DAGS), (_V.CREATE, _T.ASSETS)} | _all(_T.DAG_RUNS, _T.TASK_INSTANCES)
)
OP = USER | _all(_T.VARIABLES, _T.CONNECTIONS, _T.POOLS, _T.XCOMS) | {(_V.READ, _T.CONFIGURATIONS)}
ADMIN = frozenset((verb, thing) for verb in Verb for thing in Thing)

ROLES: dict[str, frozenset[Permission]] = {"Admin": ADMIN, "Op": OP, "User": USER, "Viewer": VIEWER, "Public": PUBLIC}


def may(roles: Iterable[str], verb: Verb, thing: Thing) -> bool:
    """Whether any of the roles holds the permission; an unknown role holds none."""
    return any((verb, thing) in ROLES.get(role, PUBLIC) for role in roles)
