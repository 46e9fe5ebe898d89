"""Every table, one file per noun. In: nothing. Out: SQLAlchemy Core tables on one ``metadata``.

Only ``store`` may import this. State columns are written by ``store.transitions`` alone.
"""

from tradewind.store.tables import access, alerts, assets, backfills, dags, processes, runs, values
from tradewind.store.tables.base import metadata

__all__ = ["access", "alerts", "assets", "backfills", "dags", "metadata", "processes", "runs", "values"]
