"""Writes that are not state moves; called by actions, the scheduler and the parser."""
