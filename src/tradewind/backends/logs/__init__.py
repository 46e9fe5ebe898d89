"""Task logs at rest. In: a path relative to the log folder. Out: pieces of text. Writers live in the worker."""
