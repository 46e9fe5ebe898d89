"""What authors write with.

In: a DAG file's code. Out: a DagSpec (``freeze``) and a running task's behaviour (``execution``). Never loads SQL,
FastAPI or pandas by itself, so that a fork of a process that holds it stays small.
"""
