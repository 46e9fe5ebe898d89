"""``FileSensor``: waits for a file or a folder with a file in it."""

from __future__ import annotations

import os
from datetime import timedelta
from glob import glob
from typing import Any

from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.hooks import FSHook
from tradewind.sdk.sensors.base import BaseSensorOperator


class FileSensor(BaseSensorOperator):
    """Waits for ``filepath`` below the base path of ``fs_conn_id``; it may be a pattern. A folder counts once it holds
    a file at any depth.
    """

    template_fields = ("filepath",)
    ui_color = "#91818a"

    def __init__(
        self,
        *,
        filepath: Any,
        fs_conn_id: str = "fs_default",
        recursive: bool = False,
        deferrable: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filepath, self.fs_conn_id, self.recursive, self.deferrable = (
            str(filepath),
            fs_conn_id,
            recursive,
            deferrable,
        )

    @property
    def path(self) -> str:
        """The full path."""
        return os.path.join(FSHook(self.fs_conn_id).get_path(), self.filepath)  # noqa: PTH118  the text may be a pattern

    def poke(self, context: Any) -> bool:
        """Whether it is there."""
        del context
        full = self.path
        self.log.info("Poking for file %s", full)
        for found in glob(full, recursive=self.recursive):  # noqa: PTH207  the pattern is absolute text
            if os.path.isfile(found):  # noqa: PTH113
                self.log.info("Found File %s", found)
                return True
            for _folder, _folders, files in os.walk(found):
                if files:
                    return True
        return False

    def execute(self, context: Any) -> Any:
        """Wait here, or hand over to a trigger."""
        if not self.deferrable:
            return super().execute(context)
        if not self.poke(context):
            from tradewind.sdk.triggers.file import FileTrigger  # noqa: PLC0415  only deferred ones need it

            self.defer(
                timeout=timedelta(seconds=self.timeout),
                trigger=FileTrigger(filepath=self.path, recursive=self.recursive, poke_interval=self.poke_interval),
                method_name="execute_complete",
            )
        return None

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """After the trigger fired."""
        del context
        if not event:
            raise AirflowException(f"{self.task_id} task failed as {self.filepath} not found.")
        self.log.info("%s completed successfully as %s found.", self.task_id, self.filepath)
