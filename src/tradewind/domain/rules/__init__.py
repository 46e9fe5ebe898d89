"""The rule book. In: views (plain values) and ``now``. Out: decisions. Nothing here can do I/O or ask for the time."""
