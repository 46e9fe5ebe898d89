"""The brain on a fake clock, among simulated workers, under seeded faults; an auditor reads the database after each step.

``world`` plays, ``cluster`` stands in for executors and workers, ``faults`` lists what may go wrong, ``pipelines`` draws
DAGs, ``invariants`` is the auditor with its own interpreter of trigger rules (``reference``). A seed fixes everything:
``python -m tests.simulation --seed 17`` plays one again.
"""
