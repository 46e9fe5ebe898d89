"""`import airflow...`: one alias table from old and new paths to ours, and the few modules with behaviour of their own.

In: a call of ``install()`` at the start of every process that loads user code. Out: an import finder; nothing else is
loaded until a DAG file asks for it. The same class object comes out whatever path it is asked by.
"""

from __future__ import annotations

from tradewind.compat.finder import install

__all__ = ["install"]
