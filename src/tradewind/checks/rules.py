"""Every rule, by code. The reference page is made from this table."""

from __future__ import annotations

from tradewind.checks.contract import Level, Rule

E, W, N = Level.ERROR, Level.WARNING, Level.NOTE

_ALL = (
    Rule("TW001", "broken-file", E, "The file cannot be read or imported, so none of its DAGs exist.",
         "Mend the line that is named."),
    Rule("TW002", "no-dag", W, "The file looks like a DAG file but leaves no DAG behind, so nothing will ever run.",
         "Call the function under `@dag`, or bind the DAG to a name at the top level of the file."),
    Rule("TW101", "network-at-import", W, "The file talks to the network whenever it is read; when the other side is slow or"
         " down, its DAGs are late or missing.", "Move the call into a task."),
    Rule("TW102", "work-at-import", W, "The file works whenever it is read, not when its tasks run.",
         "Move the work into a task."),
    Rule("TW103", "variable-at-import", N, "A variable is looked up whenever the file is read, and the DAG changes with it.",
         "Write it into a template, {{ var.value.NAME }}, or look it up inside the task."),
    Rule("TW104", "connection-at-import", W, "A connection is looked up whenever the file is read; its password is then in the"
         " memory of every process that reads DAG files.", "Look it up inside the task, by its id."),
    Rule("TW105", "slow-import", W, "The file takes long to import; every change of it is seen that much later.",
         "Import heavy libraries inside the tasks that use them, and move work into tasks."),
    Rule("TW201", "moving-start-date", E, "The start date moves with the clock, so an interval after it may never end and the DAG"
         " never run.", "Write a fixed date: start_date=datetime(2026, 1, 1)."),
    Rule("TW202", "unbounded-catchup", W, "Switched on, the DAG makes a run for every interval since its start date.",
         "Set catchup=False, or a later start_date, or say how far back: catchup=timedelta(days=1)."),
    Rule("TW203", "clock-at-import", W, "What the file declares depends on the clock or on chance, so it may differ each time it"
         " is read.", "Take the date from the run inside the task: {{ ds }}, context['logical_date']."),
    Rule("TW204", "dates-reversed", E, "The DAG ends before it starts, so it never runs by itself.",
         "Put end_date after start_date."),
    Rule("TW205", "clock-in-task", N, "The task asks the clock, so running it again for the same date does something else.",
         "Use the run's own dates: {{ ds }}, data_interval_start, logical_date."),
    Rule("TW301", "cycle", E, "Tasks wait for each other in a circle, so none of them can start.",
         "Remove one of the dependencies."),
    Rule("TW302", "duplicate-task-id", E, "Two tasks of a DAG have the same id.", "Give one of them another id."),
    Rule("TW303", "duplicate-dag-id", E, "Two files declare the same DAG id; which one runs is chance.",
         "Give each DAG an id of its own."),
    Rule("TW304", "join-after-branch", W, "A task that joins the arms of a branch waits for success of all of them, and one is"
         " always skipped: so it is always skipped.", 'Write trigger_rule="none_failed_min_one_success".'),
    Rule("TW401", "missing-connection", E, "The connection does not exist where this was checked.",
         "Create it: tradewind connections add ID --conn-uri URI."),
    Rule("TW402", "missing-variable", E, "The variable does not exist where this was checked, and no default is given.",
         "Create it: tradewind variables set NAME VALUE."),
    Rule("TW403", "template-syntax", E, "The template cannot be compiled, so the task fails before it starts.",
         "Mend the template."),
    Rule("TW404", "template-name", E, "The template uses a name that no task has, so the task fails before it starts.",
         "Use a name of the context, a param, or a macro of the DAG."),
    Rule("TW405", "template-file", E, "The template file is not there, so the task fails before it starts.",
         "Add its folder to template_searchpath, or a blank behind the name if it is no file."),
    Rule("TW406", "table-as-xcom", W, "The task hands a whole table to the next one; it is copied through the store each time.",
         "Write it to a file or table and return where it is."),
    Rule("TW407", "secret-in-code", E, "A password stands in the file, for everybody who can read the repository.",
         "Put it into a connection and use its id."),
    Rule("TW501", "sensor-without-end", W, "The sensor may hold a worker slot for seven days, the default, while it waits.",
         'Set timeout=, and mode="reschedule" or deferrable=True so that it waits without a slot.'),
    Rule("TW502", "append-in-task", W, "The task appends to a file, so running it again doubles its output.",
         "Write a file named after the run's date."),
    Rule("TW601", "old-path", N, "The import path is an old one.", "Import it from its new path.", fixable=True),
    Rule("TW602", "old-argument", N, "The argument has a newer name or no meaning any more.",
         "Use the newer name.", fixable=True),
    Rule("TW603", "old-template-name", N, "The name is gone in Airflow 3; it works here.", "Use the newer name."),
    Rule("TW604", "database-access", E, "Tasks have no access to the database of the orchestrator.",
         "Ask through Variable, Connection, XCom, the task instance of the context, or the REST API."),
)  # fmt: skip

RULES: dict[str, Rule] = {rule.code: rule for rule in _ALL}
#: Codes of errors that loading a file gives, by the error's own code.
BY_ERROR = {"cycle": "TW301", "duplicate_task_id": "TW302", "duplicate_dag_id": "TW303"}
