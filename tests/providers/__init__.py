"""Airflow's official provider packages, unmodified, against real counterparts.

``dags/NAME.py`` is a DAG file as a user writes it: each task shows one thing of a provider. ``test_NAME.py`` runs it with
``dag.test()`` in the environment of ``script/environment providers`` and looks into the counterpart from here, with
nothing of ours in between.
"""
