"""Pydantic models of the HTTP edge."""
