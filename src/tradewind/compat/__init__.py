"""`import airflow...`: one alias table from old and new paths to ours, and the few modules with behaviour of their own."""


def install() -> None:
    """STAND-IN"""
