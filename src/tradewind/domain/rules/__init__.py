"""The rule book: (views, now) in, decisions out. Pure functions, no I/O."""
