"""What every executor must do. Real processes for the local ones; the inline one shares the part about messages."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.executor_bench import NOW, Bench, is_alive
from tradewind.domain.messages import Beat, Finished, Lost, Started, TaskReply, TaskRequest, WorkOrder
from tradewind.executor.inline import InlineExecutor, SequentialExecutor
from tradewind.executor.local import LocalExecutor
from tradewind.loop import run_folder

LINE = re.compile(r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] \{\S+:\d+\} (INFO|WARNING|ERROR) - ")


def _inline_run(order: WorkOrder) -> Finished:
    outcome = "failed" if order.task_id == "fails" else "success"
    error = "ValueError: no good" if outcome == "failed" else None
    return Finished(attempt_id=order.attempt_id, at=NOW, outcome=outcome, error=error)


def _environment(home: Path, patch: pytest.MonkeyPatch, **settings: str) -> None:
    patch.setenv("TRADEWIND_HOME", str(home))
    patch.setenv("BENCH_HOME", str(home))
    patch.setenv("TRADEWIND__WORKER__HEARTBEAT_SECONDS", "0.2")
    patch.setenv("TRADEWIND__CORE__KILLED_TASK_CLEANUP_TIME", "0.5")
    for name, value in settings.items():
        patch.setenv(name, value)


@pytest.fixture(params=["fork", "fresh", "sequential", "inline"], scope="module")
def any_bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    home = tmp_path_factory.mktemp(f"any-{request.param}")
    with pytest.MonkeyPatch.context() as patch:
        _environment(home, patch)
        make = {"sequential": SequentialExecutor, "inline": lambda settings: InlineExecutor(_inline_run)}
        bench = Bench(home, make.get(request.param, LocalExecutor), "fresh" if request.param == "fresh" else "fork")
        bench.executor.start()
        yield bench
        bench.executor.stop(kill=True)


@pytest.fixture(params=["fork", "fresh"], scope="module")
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    home = tmp_path_factory.mktemp(f"local-{request.param}")
    with pytest.MonkeyPatch.context() as patch:
        _environment(home, patch)
        bench = Bench(home, LocalExecutor, request.param)
        bench.executor.start()
        yield bench
        bench.executor.stop(kill=True)


@pytest.fixture
def own_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A host of its own, for tests that kill it or that need other settings."""
    _environment(tmp_path, monkeypatch, TRADEWIND__CORE__TASK_OUTPUT_LIMIT="5000")
    bench = Bench(tmp_path, LocalExecutor)
    bench.executor.start()
    yield bench
    bench.executor.stop(kill=True)


def _host_pid(bench: Bench) -> int:
    (socket,) = run_folder(bench.home).glob("worker-local-*.sock")
    return int(socket.stem.rpartition("-")[2])


# -- every executor ----------------------------------------------------------------------------------------------


def test_an_order_is_answered_by_started_and_then_finished(any_bench: Bench) -> None:
    attempt = any_bench.submit("talks")
    final = any_bench.final(attempt)
    assert isinstance(final, Finished)
    assert final.outcome == "success"
    assert any_bench.kinds(attempt) == ["Started", "Finished"]


def test_a_failing_task_is_reported_with_its_error(any_bench: Bench) -> None:
    final = any_bench.run("fails")
    assert final.outcome == "failed"
    assert "no good" in (final.error or "")


def test_a_duplicate_order_runs_once(any_bench: Bench) -> None:
    any_bench.acknowledges = False
    order = any_bench.order("once")
    any_bench.executor.submit([order, order])
    any_bench.final(order.attempt_id)
    any_bench.executor.submit([order])
    other = any_bench.submit("talks")
    any_bench.final(other)
    any_bench.acknowledges = True
    any_bench.executor.acknowledge([order.attempt_id, other])
    if any_bench.executor.name != "inline":
        assert any_bench.file("ran") == "ran\n"


def test_an_attempt_is_known_until_it_is_acknowledged(any_bench: Bench) -> None:
    any_bench.acknowledges = False
    attempt = any_bench.submit("talks")
    any_bench.final(attempt)
    assert attempt in (any_bench.executor.known() or set())
    any_bench.executor.acknowledge([attempt])
    any_bench.acknowledges = True
    assert attempt not in (any_bench.executor.known() or set())


@pytest.mark.spec("3/EX-03")
def test_the_sequential_executor_has_one_slot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _environment(tmp_path, monkeypatch)
    bench = Bench(tmp_path, SequentialExecutor)
    assert bench.executor.free_slots() == 0  # before it has a host
    bench.executor.start()
    try:
        assert bench.executor.free_slots() == 1
        attempt = bench.submit("waits")
        assert bench.executor.free_slots() == 0
        bench.file("waits")
        bench.executor.cancel(attempt, "enough")
        bench.final(attempt)
        assert bench.executor.free_slots() == 1
    finally:
        bench.executor.stop(kill=True)


# -- executors with processes ------------------------------------------------------------------------------------


@pytest.mark.spec("3/LG-17")
def test_the_log_has_every_line_in_order_in_airflows_format(bench: Bench) -> None:
    attempt = bench.submit("talks")
    bench.final(attempt)
    lines = [line for line in bench.log(attempt).splitlines() if "printed" in line or "logged" in line]
    assert [line.rpartition(" - ")[2] for line in lines] == [
        text for n in range(5) for text in (f"printed {n}", f"logged {n}")
    ]
    assert all(LINE.match(line) for line in lines)
    assert "{logging_mixin.py:95} INFO - printed 0" in bench.log(attempt)
    assert "WARNING - to stderr" in bench.log(attempt)
    assert "INFO - no newline\n" in bench.log(attempt)


@pytest.mark.spec("3/EX-07")
def test_a_task_is_a_process_group_of_its_own(bench: Bench) -> None:
    final = bench.run("pid")
    pid, group, _ = json.loads(final.xcoms[0].value)
    assert pid == group == final.pid


def test_what_native_code_and_children_print_is_in_the_log(bench: Bench) -> None:
    attempt = bench.submit("raw")
    bench.final(attempt)
    for text in ("raw bytes", "from a child", "raw without newline"):
        bench.until(lambda text=text: f"INFO - {text}\n" in bench.log(attempt), text)


def test_an_exit_without_a_report_is_a_failure_with_its_code(bench: Bench) -> None:
    final = bench.run("exits")
    assert (final.outcome, final.exit_code) == ("failed", 3)
    assert "code 3" in (final.error or "")


@pytest.mark.spec("3/EX-07")
def test_a_killed_task_is_a_failure_with_its_signal(bench: Bench) -> None:
    attempt = bench.submit("dies")
    final = bench.final(attempt)
    assert isinstance(final, Finished)
    assert (final.outcome, final.signal) == ("failed", signal.SIGKILL)
    assert "out of memory?" in bench.log(attempt)


def test_cancel_calls_on_kill_and_ends_the_whole_group(bench: Bench) -> None:
    (bench.home / "family").unlink(missing_ok=True)
    attempt = bench.submit("family")
    pids = [int(pid) for pid in bench.file("family").split()]
    bench.until(lambda: "Started" in bench.kinds(attempt))
    bench.executor.cancel(attempt, "cleared by a test")
    final = bench.final(attempt)
    assert isinstance(final, Finished)
    assert final.outcome == "failed"
    bench.until(lambda: not any(map(is_alive, pids)), "the end of the group")
    assert bench.file("on_kill") == "called"


def test_a_task_that_ignores_sigterm_is_killed_after_the_grace(bench: Bench) -> None:
    attempt = bench.submit("deaf")
    bench.until(lambda: "Started" in bench.kinds(attempt) and "deaf now" in bench.log(attempt))
    bench.executor.cancel(attempt, "cleared by a test")
    final = bench.final(attempt)
    assert isinstance(final, Finished)
    assert final.signal == signal.SIGKILL
    assert "cleared by a test" in (final.error or "")


@pytest.mark.spec("3/SL-11", "1/FH-14")
def test_a_task_past_its_execution_timeout_fails(bench: Bench) -> None:
    final = bench.run("sleeps", execution_timeout=0.2)
    assert final.outcome == "failed"
    assert "imeout" in (final.error or "")


def test_requests_go_up_and_replies_come_back(bench: Bench) -> None:
    bench.answers["variable_get"] = TaskReply(attempt_id="", number=0, value="blue")
    refusal = {"code": "not_found", "message": "There is no dag named 'nope'.", "hint": None}
    bench.answers["run_trigger"] = TaskReply(attempt_id="", number=0, error=refusal)
    attempt = bench.submit("asks")
    final = bench.final(attempt)
    assert isinstance(final, Finished)
    assert "blue" in final.xcoms[0].value
    assert "refused: NotFound There is no dag named 'nope'." in bench.log(attempt)


def test_secrets_never_reach_the_log(bench: Bench) -> None:
    connection = {"conn_id": "db", "conn_type": "postgres", "password": "hunter2-secret", "extra": None}
    bench.answers["connection_get"] = TaskReply(attempt_id="", number=0, value=connection)
    attempt = bench.submit("leaks")
    final = bench.final(attempt)
    assert isinstance(final, Finished)
    assert final.error == "ValueError: the error says ***"
    log = bench.log(attempt)
    assert "hunter2" not in log
    assert {"child says ***", "I say ***", "the log says ***"} <= {
        line.partition(" - ")[2] for line in log.splitlines()
    }


def test_tasks_of_an_unimportable_file_fail_and_say_where(bench: Bench) -> None:
    attempt = bench.submit("any", "broken")
    final = bench.final(attempt)
    assert isinstance(final, Finished)
    assert final.outcome == "failed"
    assert "a_module_that_is_not_there" in (final.error or "")
    assert "broken.py" in bench.log(attempt)


def test_a_task_that_is_no_longer_in_its_file_fails_with_a_guess(bench: Bench) -> None:
    final = bench.run("talk")
    assert final.outcome == "failed"
    assert "'talks'" in (final.error or "")


def test_a_task_has_the_descriptors_its_scheduler_had(bench: Bench) -> None:
    final = bench.run("files")
    assert final.xcoms[0].value == str(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def test_beats_name_the_attempts_that_live(bench: Bench) -> None:
    attempt = bench.submit("sleeps")
    bench.until(lambda: any(isinstance(m, Beat) and attempt in m.attempt_ids for m in bench.heard), "a beat")
    bench.executor.cancel(attempt, "enough")
    bench.final(attempt)


# -- one host, its death and its schedulers ----------------------------------------------------------------------


def test_a_file_that_holds_threads_after_import_gets_fresh_interpreters(own_bench: Bench) -> None:
    attempt = own_bench.submit("one", "threaded")
    final = own_bench.final(attempt)
    assert isinstance(final, Finished)
    assert final.outcome == "success"
    assert "threads (poller)" in own_bench.log(attempt)


def test_a_changed_file_is_imported_anew(own_bench: Bench) -> None:
    assert own_bench.run("talks").outcome == "success"
    path = own_bench.dags / "ordinary.py"
    path.write_text(path.read_text().replace("return 42", "return 43"))
    order = own_bench.order("talks")
    file = type(order.file)(bundle="dags-folder", root=order.file.root, path=order.file.path, hash="2")
    assert own_bench.run("talks", file=file).xcoms[0].value == "43"


def test_tasks_outlive_their_scheduler_and_their_reports_wait(own_bench: Bench) -> None:
    own_bench.acknowledges = False
    ended = own_bench.submit("talks")
    own_bench.final(ended)
    running = own_bench.submit("waits")
    pid = int(own_bench.file("waits"))
    own_bench.abandon()
    own_bench.successor()
    assert own_bench.executor.known() == {ended, running}
    assert is_alive(pid)
    own_bench.acknowledges = True
    assert isinstance(own_bench.final(ended), Finished)
    own_bench.executor.cancel(running, "enough")
    assert isinstance(own_bench.final(running), Finished)


def test_a_question_is_asked_again_of_the_next_scheduler(own_bench: Bench) -> None:
    attempt = own_bench.submit("asks")
    own_bench.until(lambda: any(isinstance(m, TaskRequest) for m in own_bench.heard), "the question")
    own_bench.abandon()
    own_bench.answers = {
        "variable_get": TaskReply(attempt_id="", number=0, value="late"),
        "run_trigger": TaskReply(attempt_id="", number=0, value={}),
    }
    own_bench.successor()
    final = own_bench.final(attempt)
    assert isinstance(final, Finished)
    assert "late" in final.xcoms[0].value


@pytest.mark.parametrize("isolation", ["fork", "fresh"])
def test_when_the_host_is_killed_its_tasks_die_are_lost_and_keep_their_lines(own_bench: Bench, isolation: str) -> None:
    attempt = own_bench.submit("waits", isolation=isolation)
    pid = int(own_bench.file("waits"))
    own_bench.until(lambda: "Started" in own_bench.kinds(attempt))
    family = own_bench.submit("family", isolation=isolation)
    pids = [int(one) for one in own_bench.file("family").split()]
    os.kill(_host_pid(own_bench), signal.SIGKILL)
    assert isinstance(own_bench.final(attempt), Lost)
    assert isinstance(own_bench.final(family), Lost)
    assert "before" in own_bench.log(attempt)
    own_bench.until(lambda: not any(map(is_alive, [pid, *pids])), "the end of its tasks")
    own_bench.until(lambda: own_bench.executor.free_slots() > 0, "a new host")
    assert own_bench.run("talks").outcome == "success"


def test_a_killed_file_zygote_loses_its_tasks_and_is_replaced(own_bench: Bench) -> None:
    _, _, zygote = json.loads(own_bench.run("pid").xcoms[0].value)
    attempt = own_bench.submit("waits")
    own_bench.file("waits")
    os.kill(zygote, signal.SIGKILL)
    assert isinstance(own_bench.final(attempt), Lost)
    assert own_bench.run("talks").outcome == "success"


def test_there_is_one_host_for_two_schedulers_of_a_home(own_bench: Bench) -> None:
    other = LocalExecutor(own_bench.settings)
    other.start()
    assert len(list(run_folder(own_bench.home).glob("worker-local-*.sock"))) == 1
    assert own_bench.run("talks").outcome == "success"
    other.stop(kill=False)
    assert own_bench.run("talks").outcome == "success"


def test_a_scheduler_that_leaves_takes_idle_hosts_along(own_bench: Bench) -> None:
    host = _host_pid(own_bench)
    assert own_bench.run("talks").outcome == "success"
    own_bench.executor.stop(kill=False)
    own_bench.until(lambda: not is_alive(host), "the end of the host")
    own_bench.successor()
    assert own_bench.run("talks").outcome == "success"


def test_a_scheduler_that_leaves_lets_tasks_run_on(own_bench: Bench) -> None:
    running = own_bench.submit("waits")
    pid = int(own_bench.file("waits"))
    own_bench.executor.stop(kill=False)
    own_bench.successor()
    assert is_alive(pid)
    assert own_bench.executor.known() == {running}
    assert own_bench.run("talks").outcome == "success"
    own_bench.executor.cancel(running, "enough")
    assert isinstance(own_bench.final(running), Finished)


def test_a_host_of_another_environment_runs_out_and_is_replaced(
    own_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = own_bench.submit("waits")
    own_bench.file("waits")
    old = _host_pid(own_bench)
    own_bench.abandon()
    monkeypatch.setenv("AIRFLOW_VAR_COLOUR", "green")
    own_bench.successor()
    assert len(list(run_folder(own_bench.home).glob("worker-local-*.sock"))) == 2
    assert own_bench.run("talks").outcome == "success"
    own_bench.executor.cancel(running, "enough")
    assert isinstance(own_bench.final(running), Finished)
    own_bench.until(lambda: not is_alive(old), "the end of the old host")


def test_output_past_the_limit_is_cut_with_a_word(own_bench: Bench) -> None:
    attempt = own_bench.submit("chatters")
    assert own_bench.final(attempt).outcome == "success"  # type: ignore[union-attr]
    log = own_bench.log(attempt)
    assert len(log) < 6000
    assert "task_output_limit" in log


def test_a_log_that_cannot_be_written_does_not_fail_the_task(own_bench: Bench) -> None:
    (own_bench.home / "logs").mkdir(exist_ok=True)
    (own_bench.home / "logs" / "full").symlink_to("/dev/full")
    final = own_bench.run("talks", log_path="full")
    assert final.outcome == "success"
    assert "No space left" in (final.error or "")


def test_stop_with_kill_ends_host_and_tasks(own_bench: Bench) -> None:
    own_bench.submit("family")
    pids = [*map(int, own_bench.file("family").split()), _host_pid(own_bench)]
    own_bench.executor.stop(kill=True)
    own_bench.until(lambda: not any(map(is_alive, pids)), "the end of all")


def test_started_tells_the_process_of_a_task_that_runs(own_bench: Bench) -> None:
    attempt = own_bench.submit("waits")
    pid = int(own_bench.file("waits"))
    own_bench.until(lambda: "Started" in own_bench.kinds(attempt))
    (started,) = [m for m in own_bench.heard if isinstance(m, Started)]
    assert started.pid == pid
    own_bench.executor.cancel(attempt, "enough")
    own_bench.final(attempt)


def test_a_dag_file_that_never_ends_its_import_fails_its_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _environment(tmp_path, monkeypatch, TRADEWIND__CORE__DAGBAG_IMPORT_TIMEOUT="0.3")
    bench = Bench(tmp_path, LocalExecutor)
    (bench.dags / "endless.py").write_text("while True:\n    pass\n")
    bench.executor.start()
    try:
        final = bench.run("any", "endless")
        assert final.outcome == "failed"
        assert "dagbag_import_timeout" in (final.error or "")
        assert bench.run("talks").outcome == "success"
    finally:
        bench.executor.stop(kill=True)


def test_a_killed_zygote_is_replaced(own_bench: Bench) -> None:
    (zygote,) = [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if b"tradewind.worker.zygote" in path.read_bytes()
        and (path.parent / "stat").read_text().rpartition(")")[2].split()[1] == str(_host_pid(own_bench))
    ]
    os.kill(zygote, signal.SIGKILL)
    own_bench.until(lambda: not is_alive(zygote))
    assert own_bench.run("talks", isolation="fresh").outcome == "success"
    assert own_bench.run("talks").outcome == "success"
