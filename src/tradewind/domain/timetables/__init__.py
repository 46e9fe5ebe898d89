"""When a DAG runs: one file per kind, one contract."""
