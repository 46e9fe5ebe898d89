"""Command line: thin verbs, one file per noun."""
