"""Sensors of the core, one small file each."""
