"""Real counterparts of the outside systems that hooks, operators, executors and log stores speak to.

One file per system: ``running(folder)`` is a context manager that starts it on a free port with its data in ``folder``,
waits until it answers, yields its address and stops it. ``fixtures.py`` makes each a session fixture, started when a
test first asks. What is not on the machine is skipped with the reason, or required by TRADEWIND_REQUIRE (CI).
"""
