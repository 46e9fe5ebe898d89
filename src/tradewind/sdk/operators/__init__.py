"""Operators of the core, one small file each."""
