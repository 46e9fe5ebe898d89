"""An official provider package is installed beside the door as users do it, and nothing of the original comes along."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.fresh_environment import Environment, build_wheels, clean_environ
from tests.providers.environment import packages
from tests.require import missing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
AMAZON = "apache-airflow-providers-amazon"


@pytest.mark.spec("2/PK-07", "2/TR-12")
def test_the_amazon_package_installs_beside_the_door(tmp_path: Path) -> None:
    made = Environment(tmp_path / "env")
    (tradewind,) = (wheel for wheel in build_wheels(tmp_path) if wheel.name.startswith("tradewind-"))
    # Where the environment has no pip of its own, uv is found on the way.
    path = os.pathsep.join([str(made.folder / "bin"), str(made.uv.parent), os.environ["PATH"]])
    try:
        made.install(tradewind)
        told = made.run(
            "tradewind", "airflow", "install", cwd=tmp_path, seconds=300, **clean_environ() | {"PATH": path}
        )
        assert told.returncode == 0, told.stderr
        before = made.names()
        made.install(f"{AMAZON}=={packages()[AMAZON]}")
    except (AssertionError, subprocess.TimeoutExpired) as error:
        if "Failed to fetch" in str(error) or "dns error" in str(error):
            missing("registry", f"no package registry can be reached: {str(error)[-200:]}")
        raise
    made.check()
    names = made.names()
    assert {AMAZON, "boto3"} <= names
    assert {name for name in names - before if name.startswith("apache-airflow") and "providers" not in name} == set()
    code = (
        "import importlib.metadata, importlib.util, pathlib, airflow, tradewind\n"
        "from airflow.providers.amazon.aws.hooks.s3 import S3Hook\n"
        "from airflow.models.dag import DAG\n"
        "root = pathlib.Path(airflow.__file__).parent\n"
        "print(importlib.metadata.version('apache-airflow'), DAG.__module__, (root / 'models').exists(), S3Hook.__name__)"
    )
    shown = made.run("python", "-W", "ignore", "-c", code, cwd=tmp_path, home=tmp_path, seconds=300)
    assert shown.stdout.split() == ["3.3.0+tradewind", "tradewind.sdk.dag", "False", "S3Hook"], shown.stderr
