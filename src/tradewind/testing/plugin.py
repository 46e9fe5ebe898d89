"""The pytest plugin (entry point ``pytest11``). It costs nothing until a test asks for one of its fixtures."""
