"""The workloads of the performance goals, one command: ``python -m bench W1 W2 --json out.json``.

A workload starts a real installation in a temporary home, generates its DAG files, triggers by REST and measures from
outside. ``bench`` never asserts; it reports. ``installation`` starts and stops, ``workloads`` and ``standing``
measure, ``report`` prints and compares.
"""
