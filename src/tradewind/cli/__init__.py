"""Command line: thin verbs, one file per noun.

In: what a person typed. Out: text on stdout, a sentence and a hint on stderr, an exit code. ``main`` knows the nouns by
name only and imports the one that was typed, so that ``tradewind version`` costs no more than Python itself. A verb
that changes something calls an action; one that asks calls ``store.reads``; the CLI never touches SQL.
"""
