"""Real processes, killed at random: two schedulers with worker hosts of their own on one PostgreSQL that is restarted.

Tasks append to a probe file outside the database. Afterwards the file and the database are compared: nothing lost,
nothing doubled, nothing stuck. ``python -m tests.chaos --minutes 3`` prints the figures.
"""
