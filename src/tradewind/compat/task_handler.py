"""``airflow.utils.log.file_task_handler``: the log handler that remote log handlers of providers extend."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any


class FileTaskHandler(logging.Handler):
    """Writes a task's log to a file below ``base_log_folder``. Tradewind's own logs do not pass through it."""

    trigger_should_wrap = True

    def __init__(
        self, base_log_folder: str, max_bytes: int = 0, backup_count: int = 0, delay: bool = False, **_: Any
    ) -> None:
        super().__init__()
        self.local_base = base_log_folder
        self.handler: logging.Handler | None = None
        self.maintain_propagate = False
        self.max_bytes, self.backup_count, self.delay = max_bytes, backup_count, delay
        self.ctx_task_deferred = False

    def set_context(self, ti: Any, *, identifier: str | None = None) -> None:
        """Write to the file of this try from now on."""
        place = self._init_file(ti, identifier=identifier)
        self.handler = logging.FileHandler(place, encoding="utf-8", delay=self.delay)
        if self.formatter:
            self.handler.setFormatter(self.formatter)
        self.handler.setLevel(self.level)

    def _render_filename(self, ti: Any, try_number: int, **_: Any) -> str:
        """The file below the log folder."""
        mapped = f"map_index={ti.map_index}/" if getattr(ti, "map_index", -1) >= 0 else ""
        return f"dag_id={ti.dag_id}/run_id={ti.run_id}/task_id={ti.task_id}/{mapped}attempt={try_number}.log"

    def _init_file(self, ti: Any, *, identifier: str | None = None) -> str:
        place = Path(self.local_base, self._render_filename(ti, ti.try_number))
        if identifier:
            place = place.with_name(f"{place.name}.{identifier}.log")
        place.parent.mkdir(parents=True, exist_ok=True)
        return str(place)

    @staticmethod
    def add_triggerer_suffix(full_path: str, job_id: Any = None) -> str:
        """The file in which a triggerer writes."""
        return f"{Path(full_path)}.trigger{f'.{job_id}' if job_id else ''}.log"

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        if self.handler is not None:
            self.handler.emit(record)

    def flush(self) -> None:
        """Bring it to the disk."""
        if self.handler is not None:
            self.handler.flush()

    def close(self) -> None:
        """No more lines."""
        if self.handler is not None:
            self.handler.close()
        super().close()

    def _read(self, ti: Any, try_number: int, metadata: Any = None) -> tuple[str, dict[str, Any]]:
        place = Path(self.local_base, self._render_filename(ti, try_number))
        try:
            return place.read_text(encoding="utf-8"), {"end_of_log": True}
        except OSError as error:
            return f"*** The log cannot be read: {error}\n", {"end_of_log": True}

    def read(self, ti: Any, try_number: int | None = None, metadata: Any = None) -> Any:
        """The log of one try, or of all."""
        tries = [try_number] if try_number else range(1, ti.try_number + 1)
        told = [self._read(ti, one, metadata) for one in tries]
        return [text for text, _ in told], [facts for _, facts in told]
