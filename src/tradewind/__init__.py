"""Tradewind: workflows in Python, started in milliseconds."""
