"""A trigger that waits for a file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from glob import glob
from typing import Any

from tradewind.sdk.triggers.base import BaseTrigger, TriggerEvent


class FileTrigger(BaseTrigger):
    """Fires when a path (it may be a pattern) is a file or a folder that holds one."""

    def __init__(self, filepath: str, recursive: bool = False, poke_interval: float = 5.0, **_: Any) -> None:
        super().__init__()
        self.filepath, self.recursive, self.poke_interval = filepath, recursive, poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments."""
        return "tradewind.sdk.triggers.file.FileTrigger", {
            "filepath": self.filepath,
            "recursive": self.recursive,
            "poke_interval": self.poke_interval,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look, wait, look again. Looking happens in a thread: a slow disk must not hold up other triggers."""
        while not await asyncio.to_thread(self._is_there):  # noqa: ASYNC110  the event is outside of this process
            await asyncio.sleep(self.poke_interval)
        yield TriggerEvent(True)

    def _is_there(self) -> bool:
        for found in glob(self.filepath, recursive=self.recursive):  # noqa: PTH207  the pattern is absolute text
            if os.path.isfile(found) or any(files for _, _, files in os.walk(found)):  # noqa: PTH113
                return True
        return False
