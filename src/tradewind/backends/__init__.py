"""Bytes that are not SQL: bundles, logs, secrets, values. Each seam is a contract.py and one file per implementation."""
