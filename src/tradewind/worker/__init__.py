"""The only room that runs user tasks for a run. Speaks by messages, never to SQL.

    scheduler ──unix socket──▶ host ──▶ zygote ──fork──▶ file zygote ──fork──▶ task
                                 ▲                                               │
                                 └──────────── one socket and one pipe a task ───┘

``host`` is one single-threaded process that outlives its scheduler. It keeps reports until they are acknowledged.
``zygote`` has the framework imported; a ``file_zygote`` has one DAG file imported; a task is a fork of it, often one
made ahead of time that only waits for its order (a spare), so that even the fork is off the critical path.

In: ``WorkOrder``, ``CancelOrder``, ``Acknowledged``, ``TaskReply``. Out: ``Started``, ``Finished``, ``Lost``,
``Beat``, ``TaskRequest``. When the host dies, zygotes see their control sockets end, kill every task group, and go.
"""
