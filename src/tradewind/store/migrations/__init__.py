"""Alembic's folder: ``env.py`` and one file per revision. Revisions are never edited after a release."""
