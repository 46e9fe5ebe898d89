"""The parts of a worker that need no process."""

from __future__ import annotations

import logging
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tradewind.clock import FakeClock
from tradewind.domain.messages import Acknowledged, CancelOrder, Decoder, Down, encode
from tradewind.worker import outcome
from tradewind.worker.capture import LineWriter, RawOutput, TaskLog, TaskLogHandler, stamp
from tradewind.worker.mask import Masker, secrets_in_reply
from tradewind.worker.nest import control_pair
from tradewind.worker.nursery import Nursery
from tradewind.worker.timers import Timers
from tradewind.worker.wire import Exited, Spawn, receive_up, send_control


def _log(path: Path, limit: int = 0) -> TaskLog:
    return TaskLog(str(path), lambda text: text, limit)


def test_a_frame_that_cannot_be_decoded_does_not_block_the_next() -> None:
    decoder: Decoder[Down] = Decoder(Down)
    bad = (5).to_bytes(4, "big") + b"\xc1junk"
    with pytest.raises(Exception, match="MessagePack"):
        list(decoder.feed(bad + encode(Acknowledged(attempt_ids=["a"]))[:3]))
    rest = encode(Acknowledged(attempt_ids=["a"]))[3:]
    assert list(decoder.feed(rest)) == [Acknowledged(attempt_ids=["a"])]


def test_frames_come_out_whole_however_they_are_cut() -> None:
    messages = [CancelOrder(attempt_id=str(n), why="x" * n) for n in range(50)]
    data = b"".join(map(encode, messages))
    for size in (1, 2, 3, 7, 64, len(data)):
        decoder: Decoder[Down] = Decoder(Down)
        heard = [m for at in range(0, len(data), size) for m in decoder.feed(data[at : at + size])]
        assert heard == messages


@pytest.mark.parametrize(
    ("status", "told", "words", "code", "number"),
    [
        (signal.SIGKILL, None, "out of memory?", None, 9),
        (signal.SIGSEGV, None, "native code", None, 11),
        (signal.SIGTERM, "cleared", "Ended by SIGTERM: cleared", None, 15),
        (3 << 8, None, "code 3", 3, None),
        (0, None, "code 0", 0, None),
        (143 << 8, "cleared", "Ended: cleared", 143, None),
    ],
)
def test_a_wait_status_becomes_a_sentence(
    status: int, told: str | None, words: str, code: int | None, number: int | None
) -> None:
    sentence, exit_code, killed_by = outcome.describe(int(status), told)
    assert words in sentence
    assert (exit_code, killed_by) == (code, number)


def test_secrets_are_hidden_in_every_form_they_are_printed_in() -> None:
    masker = Masker(lambda: {'quo"te\\d', "-----BEGIN KEY-----\nabcdefghijkl\n-----END KEY-----"})
    for text in ('quo"te\\d', repr('quo"te\\d'), r"quo\"te\\d", "abcdefghijkl"):
        assert "***" in masker.mask(f"before {text} after"), text
    assert masker.mask("nothing here") == "nothing here"


def test_a_masker_learns_new_secrets() -> None:
    known: set[str] = set()
    masker = Masker(lambda: known)
    assert masker.mask("open sesame") == "open sesame"
    known.add("sesame")
    assert masker.mask("open sesame") == "open ***"


def test_the_host_learns_secrets_from_the_replies_it_passes_on() -> None:
    connection = {"password": "pass-word", "login": "me", "extra": '{"api_key": "key-1", "region": "eu"}'}
    assert secrets_in_reply("connection_get", {}, connection) == {"pass-word", "key-1"}
    assert secrets_in_reply("variable_get", {"key": "db_password"}, "hidden") == {"hidden"}
    assert secrets_in_reply("variable_get", {"key": "colour"}, "blue") == set()
    assert secrets_in_reply("connection_get", {}, {"password": None, "extra": "not json"}) == set()


def test_a_log_line_has_airflows_time() -> None:
    assert stamp(datetime(2020, 7, 29, 20, 23, 3, 584000, UTC).timestamp()) == "2020-07-29 20:23:03,584"


def test_a_log_record_that_cannot_be_formatted_is_still_logged(tmp_path: Path) -> None:
    handler = TaskLogHandler()
    handler.log = _log(tmp_path / "a.log")
    handler.emit(logging.LogRecord("x", logging.INFO, "dag.py", 7, "%d apples", ("many",), None))
    assert "{dag.py:7} INFO - '%d apples' (not formatted" in (tmp_path / "a.log").read_text()


def test_a_traceback_follows_its_line(tmp_path: Path) -> None:
    handler = TaskLogHandler()
    handler.log = _log(tmp_path / "deep" / "a.log")
    try:
        raise ValueError("no good")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
        handler.emit(logging.LogRecord("x", logging.ERROR, "dag.py", 7, "Failed", (), info))
    lines = (tmp_path / "deep" / "a.log").read_text().splitlines()
    assert lines[0].endswith("ERROR - Failed")
    assert lines[1] == "Traceback (most recent call last):"
    assert lines[-1] == "ValueError: no good"


def test_printed_text_becomes_lines(tmp_path: Path) -> None:
    writer = LineWriter("INFO", 1)
    writer.log = _log(tmp_path / "a.log")
    print("one", end="", file=writer)
    print(" line\ntwo", file=writer)
    writer.buffer.write("naïve\n".encode())
    texts = [line.partition(" - ")[2] for line in (tmp_path / "a.log").read_text().splitlines()]
    assert texts == ["one line", "two", "naïve"]


def test_raw_output_is_cut_into_lines_and_the_rest_kept_until_the_end(tmp_path: Path) -> None:
    raw = RawOutput(lambda: _log(tmp_path / "a.log"))
    raw.feed(b"first\nsec")
    raw.feed(b"ond\nlast \xff")
    assert raw.finish() is None
    texts = [line.partition(" - ")[2] for line in (tmp_path / "a.log").read_text().splitlines()]
    assert texts == ["first", "second", "last \N{REPLACEMENT CHARACTER}"]


def test_a_log_that_cannot_be_opened_is_noted_and_swallows_lines(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    log = _log(tmp_path / "file" / "a.log")
    log.line("a.py:1", "INFO", "text")
    assert log.trouble is not None
    assert "could not be written" in log.trouble


def test_timers_run_in_order_and_only_when_due() -> None:
    clock, ran = FakeClock(), list[str]()
    timers = Timers(clock)
    timers.after(2.0, lambda: ran.append("second"))
    timers.after(1.0, lambda: ran.append("first"))
    assert timers.wait() == 1.0
    timers.run_due()
    assert ran == []
    clock.advance(2.0)
    timers.run_due()
    assert ran == ["first", "second"]
    assert timers.wait() is None


def test_a_zygote_that_cannot_make_a_process_says_so_and_lives_on() -> None:
    ours, theirs = control_pair()
    ours.setblocking(True)

    def no_memory(channel: int, output: int, idle: bool) -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    nursery = Nursery(theirs, no_memory)
    send_control(ours, Spawn(number=7), (ours.fileno(), ours.fileno()))
    assert nursery._serve() is True
    heard = receive_up(ours)
    assert isinstance(heard, Exited)
    assert heard.number == 7
    assert "unavailable" in (heard.never_was or "")
    ours.close()
    theirs.close()
