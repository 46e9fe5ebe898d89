"""Pipelines that come with Tradewind; each teaches one thing."""
