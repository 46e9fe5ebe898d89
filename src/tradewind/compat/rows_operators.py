"""Alias rows: operators, sensors, triggers and timetables of the core."""

from __future__ import annotations

_STD = "airflow.providers.standard"
_O, _SN, _T = "airflow.operators", "airflow.sensors", "airflow.timetables"


def _both(home: str, module: str, *old: str) -> tuple[str, ...]:
    """An operator of the core: the provider's path, Airflow 2's path, older ones."""
    return (home, f"{_STD}.operators.{module}", f"{_O}.{module}", *old)


ROWS: tuple[tuple[str, ...], ...] = (
    _both("sdk.operators.bash:BashOperator", "bash", f"-{_O}.bash_operator", f"-{_O}"),
    _both("sdk.operators.empty:EmptyOperator", "empty"),
    (
        "sdk.operators.empty:EmptyOperator",
        f"{_STD}.operators.empty",
        f"{_O}.dummy:DummyOperator",
        f"-{_O}.dummy_operator:DummyOperator",
        f"-{_O}:DummyOperator",
    ),
    _both(
        "sdk.operators.python:PythonOperator,BranchPythonOperator,ShortCircuitOperator",
        "python",
        f"-{_O}.python_operator",
        f"-{_O}",
    ),
    _both("sdk.operators.python:PythonVirtualenvOperator", "python", f"-{_O}.python_operator"),
    _both("sdk.operators.python:ExternalPythonOperator", "python"),
    _both("sdk.operators.python:BranchPythonVirtualenvOperator,BranchExternalPythonOperator", "python"),
    ("sdk.operators.branch:BaseBranchOperator", f"{_STD}.operators.branch", f"{_O}.branch", f"-{_O}.branch_operator"),
    ("sdk.operators.branch:BranchMixIn", f"{_STD}.operators.branch", f"{_O}.branch"),
    ("sdk.operators.branch:SkipMixin", f"{_STD}.utils.skipmixin", "airflow.models.skipmixin", "airflow.models"),
    ("sdk.operators.datetime:BranchDateTimeOperator", f"{_STD}.operators.datetime", f"{_O}.datetime"),
    (
        "sdk.operators.weekday:BranchDayOfWeekOperator",
        f"{_STD}.operators.weekday",
        f"{_O}.weekday",
        "-airflow.operators.dayofweek_operator",
    ),
    _both("sdk.operators.latest_only:LatestOnlyOperator", "latest_only", f"-{_O}.latest_only_operator", f"-{_O}"),
    _both("sdk.operators.trigger_dagrun:TriggerDagRunOperator", "trigger_dagrun", f"-{_O}.dagrun_operator", f"-{_O}"),
    (
        "sdk.operators.email:EmailOperator",
        "airflow.providers.smtp.operators.smtp",
        f"{_O}.email",
        f"-{_O}.email_operator",
        f"-{_O}",
    ),
    ("sdk.operators.email:send_email", "airflow.utils.email"),
    ("sdk.sensors.base:BaseSensorOperator", f"{_SN}.base", "airflow.sdk"),
    (
        "sdk.sensors.external_task:ExternalTaskSensor,ExternalTaskMarker",
        f"{_STD}.sensors.external_task",
        f"{_SN}.external_task",
        f"-{_SN}.external_task_sensor",
        f"-{_O}.sensors",
    ),
    (
        "sdk.sensors.filesystem:FileSensor",
        f"{_STD}.sensors.filesystem",
        f"{_SN}.filesystem",
        "-airflow.contrib.sensors.file_sensor",
    ),
    (
        "sdk.sensors.filesystem:FSHook",
        f"{_STD}.hooks.filesystem",
        "airflow.hooks.filesystem",
        "-airflow.contrib.hooks.fs_hook",
    ),
    (
        "sdk.sensors.python:PythonSensor",
        f"{_STD}.sensors.python",
        f"{_SN}.python",
        "-airflow.contrib.sensors.python_sensor",
    ),
    ("sdk.sensors.bash:BashSensor", f"{_STD}.sensors.bash", f"{_SN}.bash", "-airflow.contrib.sensors.bash_sensor"),
    (
        "sdk.sensors.time:TimeSensor,TimeSensorAsync",
        f"{_STD}.sensors.time",
        f"{_SN}.time_sensor",
        f"{_SN}.time",
        f"-{_O}.sensors",
    ),
    (
        "sdk.sensors.time_delta:TimeDeltaSensor,TimeDeltaSensorAsync",
        f"{_STD}.sensors.time_delta",
        f"{_SN}.time_delta",
        f"{_SN}.time_delta_sensor",
        f"-{_O}.sensors",
    ),
    (
        "sdk.sensors.date_time:DateTimeSensor,DateTimeSensorAsync",
        f"{_STD}.sensors.date_time",
        f"{_SN}.date_time",
        f"{_SN}.date_time_sensor",
    ),
    (
        "sdk.sensors.weekday:DayOfWeekSensor",
        f"{_STD}.sensors.weekday",
        f"{_SN}.weekday",
        "-airflow.contrib.sensors.weekday_sensor",
    ),
    (
        "sdk.triggers.temporal:DateTimeTrigger,TimeDeltaTrigger",
        f"{_STD}.triggers.temporal",
        "airflow.triggers.temporal",
    ),
    ("sdk.triggers.file:FileTrigger", f"{_STD}.triggers.file", "airflow.triggers.file"),
    (
        "sdk.triggers.external_task:WorkflowTrigger,DagStateTrigger",
        f"{_STD}.triggers.external_task",
        "airflow.triggers.external_task",
    ),
    ("sdk.timetables:CronDataIntervalTimetable,DeltaDataIntervalTimetable", "airflow.sdk", f"{_T}.interval"),
    (
        "sdk.timetables:CronTriggerTimetable,MultipleCronTriggerTimetable,DeltaTriggerTimetable",
        "airflow.sdk",
        f"{_T}.trigger",
    ),
    ("sdk.calendars:BusinessDayTimetable,RRuleTimetable", "airflow.sdk", f"{_T}.calendars"),
    ("sdk.timetables:EventsTimetable", "airflow.sdk", f"{_T}.events"),
    ("sdk.timetables:AssetOrTimeSchedule", "airflow.sdk", f"{_T}.assets"),
    ("sdk.timetables:AssetOrTimeSchedule", f"{_T}.assets", f"{_T}.datasets:DatasetOrTimeSchedule"),
    ("sdk.timetables:NullTimetable,OnceTimetable,ContinuousTimetable", f"{_T}.simple"),
    ("sdk.timetables:Timetable,DagRunInfo,DataInterval,TimeRestriction", f"{_T}.base"),
    ("sdk.timetables:DataInterval,DagRunInfo", f"{_T}.base", "airflow.sdk.timetables"),
)

_LATER = "This part of Tradewind is not built yet; take the import out, or open an issue that names the use."

MISSING: tuple[tuple[str, str], ...] = (
    (f"{_O}.subdag:SubDagOperator", "Sub-DAGs are gone since Airflow 3: write a TaskGroup (airflow.sdk.TaskGroup)."),
    (
        f"{_O}.subdag_operator:SubDagOperator",
        "Sub-DAGs are gone since Airflow 3: write a TaskGroup (airflow.sdk.TaskGroup).",
    ),
    (f"{_O}.generic_transfer:GenericTransfer", "Run: pip install apache-airflow-providers-common-sql"),
    (f"{_STD}.operators.hitl:ApprovalOperator,HITLOperator,HITLBranchOperator,HITLEntryOperator", _LATER),
)
