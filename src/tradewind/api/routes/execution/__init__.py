"""The door of remote workers."""
