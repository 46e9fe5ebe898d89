"""Waiting for a trigger in the task's own process, where no triggerer takes it over."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tradewind.sdk.configuration import import_path
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.triggers.base import BaseTaskEndEvent
from tradewind.sdk.values import from_json, to_json


def wait_for_trigger(deferral: dict[str, Any]) -> dict[str, Any]:
    """Wait for the trigger of a hand-over in this process; what the task is resumed with."""
    kwargs = from_json(json.loads(deferral["kwargs"]))
    trigger = import_path(deferral["trigger"])(**kwargs)

    async def first_event() -> Any:
        async for event in trigger.run():
            return event
        raise AirflowException("Trigger exited without sending an event")

    resume: dict[str, Any] = {"method": deferral["method"], "next_kwargs": deferral["next_kwargs"]}
    try:
        event = asyncio.run(asyncio.wait_for(first_event(), deferral["timeout"]))
    except TimeoutError:
        return {"method": "__fail__", "next_kwargs": json.dumps({"error": "Trigger timeout"})}
    except Exception as error:
        return {"method": "__fail__", "next_kwargs": json.dumps({"error": f"Trigger failure: {error}"})}
    if isinstance(event, BaseTaskEndEvent):
        ending = {"state": event.task_instance_state, "xcoms": event.xcoms or {}}
        return {"method": "__end__", "next_kwargs": json.dumps(to_json(ending))}
    resume["event"] = json.dumps(to_json(getattr(event, "payload", event)))
    return resume
