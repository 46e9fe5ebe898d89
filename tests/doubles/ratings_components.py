"""A hook, an operator and a sensor for the ratings service, written as a team would: on the ``airflow`` names only."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import requests

from tradewind import compat

compat.install()

from airflow.hooks.base_hook import BaseHook  # noqa: E402
from airflow.models import BaseOperator  # noqa: E402
from airflow.sensors.base import BaseSensorOperator  # noqa: E402
from airflow.utils.decorators import apply_defaults  # noqa: E402


class RatingsHook(BaseHook):  # type: ignore[misc]
    """Ratings of a period, page by page. Log-in and address come from a connection."""

    DEFAULT_SCHEMA = "http"
    DEFAULT_PORT = 5000

    def __init__(self, conn_id: str, retry: int = 3) -> None:
        super().__init__()
        self._conn_id, self._retry = conn_id, retry
        self._session: Any = None
        self._base_url: str | None = None

    def __enter__(self) -> RatingsHook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get_conn(self) -> tuple[Any, str]:
        """Session and base URL, made once."""
        if self._session is None or self._base_url is None:
            known = self.get_connection(self._conn_id)
            if not known.host:
                raise ValueError(f"No host specified in connection {self._conn_id}")
            schema, port = known.schema or self.DEFAULT_SCHEMA, known.port or self.DEFAULT_PORT
            self._base_url = f"{schema}://{known.host}:{port}"
            self._session = requests.Session()
            if known.login:
                self._session.auth = (known.login, known.password)
        return self._session, self._base_url

    def close(self) -> None:
        """Forget the session."""
        if self._session is not None:
            self._session.close()
        self._session, self._base_url = None, None

    def get_ratings(self, start_date: str, end_date: str, batch_size: int = 100) -> Any:
        """One rating after the other; a page is asked for when it is needed."""
        session, base_url = self.get_conn()
        offset, total = 0, None
        while total is None or offset < total:
            answer = session.get(
                f"{base_url}/ratings",
                params={"start_date": start_date, "end_date": end_date, "offset": offset, "limit": batch_size},
            )
            answer.raise_for_status()
            page = answer.json()
            yield from page["result"]
            offset += batch_size
            total = page["total"]


class FetchRatingsOperator(BaseOperator):  # type: ignore[misc]
    """Writes the ratings of the run's interval to one file."""

    template_fields = ("_start_date", "_end_date", "_output_path")

    @apply_defaults
    def __init__(
        self,
        conn_id: str,
        output_path: Any,
        start_date: str = "{{ds}}",
        end_date: str = "{{next_ds}}",
        batch_size: int = 1000,
        **kwargs: Any,
    ) -> None:
        super(FetchRatingsOperator, self).__init__(**kwargs)  # noqa: UP008  as many files of users still write it
        self._conn_id, self._output_path = conn_id, output_path
        self._start_date, self._end_date, self._batch_size = start_date, end_date, batch_size

    def execute(self, context: Any) -> Any:
        """Fetch and write."""
        hook = RatingsHook(self._conn_id)
        try:
            self.log.info("Fetching ratings for %s to %s", self._start_date, self._end_date)
            found = list(hook.get_ratings(self._start_date, self._end_date, batch_size=self._batch_size))
            self.log.info("Fetched %d ratings", len(found))
        finally:
            hook.close()
        path = pathlib.Path(self._output_path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found))
        return len(found)


class RatingsSensor(BaseSensorOperator):  # type: ignore[misc]
    """Waits until the period has a rating."""

    template_fields = ("_start_date", "_end_date")

    @apply_defaults
    def __init__(self, conn_id: str, start_date: str = "{{ds}}", end_date: str = "{{next_ds}}", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._conn_id, self._start_date, self._end_date = conn_id, start_date, end_date

    def poke(self, context: Any) -> bool:
        """One record is enough."""
        hook = RatingsHook(self._conn_id)
        try:
            next(hook.get_ratings(self._start_date, self._end_date, batch_size=1))
        except StopIteration:
            self.log.info("No ratings from %s to %s, waiting...", self._start_date, self._end_date)
            return False
        finally:
            hook.close()
        return True
