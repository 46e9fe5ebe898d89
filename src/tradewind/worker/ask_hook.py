"""A process of its own that loads hooks and asks them: does this connection work, how does your form look?

Hooks are other people's code, often heavy, and some hang; so neither the page's process nor a command loads them. The
question comes as JSON on standard input, the answer goes as JSON to what was standard output.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from typing import Any

from tradewind import compat
from tradewind.compat import form_fields
from tradewind.sdk.configuration import import_path
from tradewind.sdk.connection import Connection


def test(fields: dict[str, Any]) -> dict[str, Any]:
    """Whether the system of a connection with these fields answers."""
    conn_id = f"tradewind_test_{uuid.uuid4().hex}"
    connection = Connection(conn_id=conn_id, **fields)
    # The hook looks its connection up by id, as it does in a task.
    os.environ[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(
        {name: value for name, value in fields.items() if value not in (None, "")}
    )
    status, message = connection.test_connection()
    return {"status": status, "message": message.replace(conn_id, "it")}


def describe(hooks: dict[str, str]) -> dict[str, Any]:
    """What each hook says of its form, as provider packages of today state it. One that cannot say is left out."""
    form_fields.install()
    told = {}
    for conn_type, path in hooks.items():
        try:
            hook = import_path(path)
            told[conn_type] = form_fields.facts_of(hook, conn_type)
        except Exception as error:
            sys.stderr.write(f"{path} cannot be asked for its form: {type(error).__name__}: {error}\n")
    return told


def main() -> None:
    """One question, one answer."""
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a hook prints is not the answer
    question = json.load(sys.stdin)
    compat.install()
    told = test(question["test"]) if "test" in question else describe(question["describe"])
    json.dump(told, answer)
    answer.close()


if __name__ == "__main__":
    main()
