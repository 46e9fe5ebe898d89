"""Triggers of the core, one small file each."""
