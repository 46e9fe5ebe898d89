"""``dags check --fix``: what is rewritten, and that nothing else is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tradewind.checks.rewrite import rewrite_file, rewritten

PAIRS = [
    (
        "from airflow.operators.bash_operator import BashOperator\n",
        "from airflow.providers.standard.operators.bash import BashOperator\n",
    ),
    (  # one line of names from several homes, with comments kept
        "# above\nfrom airflow.operators import BashOperator, PythonOperator  # beside\nx = BashOperator\n",
        "# above\nfrom airflow.providers.standard.operators.bash import BashOperator\n"
        "from airflow.providers.standard.operators.python import PythonOperator  # beside\nx = BashOperator\n",
    ),
    (  # a class that has another name today, with its uses, but not what only looks like it
        "from airflow.operators.dummy_operator import DummyOperator\n"
        "a = DummyOperator(task_id='DummyOperator')\nclass My(DummyOperator):\n    DummyOperator = 1\nb = thing.DummyOperator\n",
        "from airflow.providers.standard.operators.empty import EmptyOperator\n"
        "a = EmptyOperator(task_id='DummyOperator')\nclass My(EmptyOperator):\n    DummyOperator = 1\nb = thing.DummyOperator\n",
    ),
    (  # the new name is taken by something else
        "from airflow.operators.dummy_operator import DummyOperator\nEmptyOperator = 3\nDummyOperator(task_id='a')\n",
        "from airflow.providers.standard.operators.empty import EmptyOperator as DummyOperator\n"
        "EmptyOperator = 3\nDummyOperator(task_id='a')\n",
    ),
    (  # a local name is kept
        "from airflow.operators.dummy_operator import DummyOperator as Nothing\nNothing(task_id='a')\n",
        "from airflow.providers.standard.operators.empty import EmptyOperator as Nothing\nNothing(task_id='a')\n",
    ),
    (
        "from airflow import DAG\nwith DAG('d', schedule_interval='@daily', concurrency=3) as d:\n    pass\n",
        "from airflow import DAG\nwith DAG('d', schedule='@daily', max_active_tasks=3) as d:\n    pass\n",
    ),
    (
        "from airflow.operators.python import PythonOperator\n"
        "PythonOperator(task_id='a', provide_context=True, python_callable=print)\n"
        "PythonOperator(task_id='a', python_callable=print, provide_context=True)\n"
        "PythonOperator(\n    task_id='a',\n    provide_context=True,\n)\n",
        "from airflow.operators.python import PythonOperator\n"
        "PythonOperator(task_id='a', python_callable=print)\n"
        "PythonOperator(task_id='a', python_callable=print)\n"
        "PythonOperator(\n    task_id='a',\n)\n",
    ),
    (
        'default_args = {"owner": "me", "provide_context": True, "task_concurrency": 2}\n',
        'default_args = {"owner": "me", "max_active_tis_per_dag": 2}\n',
    ),
]
SAME = [
    "from airflow.operators.bash_operator import BashOperator  # noqa: TW601\n",
    "from mine import DAG\nDAG('d', schedule_interval='@daily')\n",  # somebody else's DAG
    "concurrency = 3\nPool(concurrency=3)\n",
    "from airflow import DAG\nDAG('d', schedule='@daily', schedule_interval=None)\n",  # the person must choose
    "from airflow import DAG\ndef f(:\n",  # not Python
]


@pytest.mark.parametrize(("before", "after"), PAIRS, ids=range(len(PAIRS)))
def test_old_spellings_become_new_ones(before: str, after: str) -> None:
    made, changes = rewritten(before.encode(), Path("a.py"), "a.py")
    assert made.decode() == after
    assert changes > 0
    assert rewritten(made, Path("a.py"), "a.py") == (made, 0)  # a second time there is nothing to do


@pytest.mark.parametrize("text", SAME, ids=range(len(SAME)))
def test_everything_else_stays(text: str) -> None:
    assert rewritten(text.encode(), Path("a.py"), "a.py") == (text.encode(), 0)


def test_line_ends_encoding_and_mode_stay(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(
        "# -*- coding: utf-8 -*-\r\n# Grüße\r\nfrom airflow.operators.bash_operator import BashOperator\r\n".encode()
    )
    file.chmod(0o750)
    assert rewrite_file(file, "a.py") == 1
    assert file.read_bytes().count(b"\r\n") == 3
    assert "Grüße" in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o777 == 0o750
    assert [p.name for p in tmp_path.iterdir()] == ["a.py"]


def test_without_the_library_it_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['libcst'] = None\n"
        "from tradewind.checks.rewrite import rewritten\nfrom pathlib import Path\n"
        "try: rewritten(b'x', Path('a'), 'a')\nexcept Exception as e: print(e.hint)"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "pip install 'tradewind[check]'"
