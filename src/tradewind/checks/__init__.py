"""A reviewer for DAG repositories: reads files as the parser does, and says what will hurt and what to write instead.

In: files and folders. Out: findings with a rule's code, file, line, reason and way out; on request, the files rewritten.
It may load user code (each file in a process of its own), and it never touches SQL: which connections and variables
there are is handed in.
"""
