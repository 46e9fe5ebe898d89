"""DAG file in, DagSpec or error with file and line out. Only child.py imports user code, in a process of its own."""
