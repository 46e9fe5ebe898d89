"""Secrets. In: settings. Out: a vault that seals and opens texts, and sources asked before the store."""
