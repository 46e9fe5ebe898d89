"""Pushed updates and live logs, over the app itself (no server, no sleep)."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tradewind.actions.delete_run import delete_run
from tradewind.api.app import create_app
from tradewind.api.stream import Feed, Listener
from tradewind.domain.keys import TaskKey
from tradewind.loop import Ringer, run_folder
from tradewind.store.tables import dags as dag_tables

from .conftest import PASSWORD, House

PATIENCE = 10.0


class Stream:
    """The events of one open request."""

    def __init__(self, sent: asyncio.Queue[dict[str, Any]]) -> None:
        self._sent = sent
        self._text = ""
        self.status = 0

    async def next(self, name: str) -> Any:
        """The data of the next event of that name; None for the end of the stream."""

        async def look() -> Any:
            while True:
                while "\n\n" in self._text:
                    block, self._text = self._text.split("\n\n", 1)
                    fields = dict(line.split(": ", 1) for line in block.splitlines())
                    if fields.get("event") == name:
                        return json.loads(fields["data"])
                message = await self._sent.get()
                if message["type"] == "http.response.start":
                    self.status = message["status"]
                else:
                    self._text += message.get("body", b"").decode()
                    if not message.get("more_body"):
                        return None

        return await asyncio.wait_for(look(), PATIENCE)


@asynccontextmanager
async def opened(app: Any, path: str, query: str = "", headers: dict[str, str] | None = None) -> AsyncIterator[Stream]:
    """A request that stays open until the block ends; then the client is gone."""
    sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    gone = asyncio.Event()
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    given = {"authorization": "Basic " + base64.b64encode(f"viewer:{PASSWORD}".encode()).decode()} | (headers or {})
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(k.encode(), v.encode()) for k, v in given.items()], "client": ("127.0.0.1", 1),
        "server": ("tradewind.test", 80),
    }  # fmt: skip
    task = asyncio.create_task(app(scope, receive, sent.put))
    try:
        yield Stream(sent)
    finally:
        gone.set()
        await asyncio.wait_for(task, PATIENCE)


def live(house: House, work: Callable[[Any], Awaitable[None]], *, poll: float = 60.0) -> None:
    """Run ``work(app)``; the safety poll is far away, so only bells can wake."""

    async def run() -> None:
        app = create_app(house.settings, store=house.store, clock=house.clock)
        app.state.door.feed = Feed(house.store, house.settings.home, poll_seconds=poll, gap_seconds=0.01)
        await work(app)

    asyncio.run(run())


def test_a_move_reaches_every_open_page(rocket_house: House) -> None:
    ringer = Ringer(rocket_house.settings.home)

    async def work(app: Any) -> None:
        async with opened(app, "/ui/stream") as one, opened(app, "/ui/stream") as other:
            await one.next("ping")
            await other.next("ping")
            run = rocket_house.add_run("rockets", "third", day=3)
            rocket_house.add_task(run, TaskKey("rockets", "third", "download"), "running")
            ringer.ring("api")
            for stream in (one, other):
                change = await stream.next("change")
                assert change["tasks"] == [["rockets", "third", "download", -1, "running"]]
                assert change["journal_id"] > 0

    live(rocket_house, work)


def test_a_run_that_waits_is_told_when_it_is_made(rocket_house: House) -> None:
    ringer = Ringer(rocket_house.settings.home)

    async def work(app: Any) -> None:
        async with opened(app, "/ui/stream") as stream:
            await stream.next("ping")
            rocket_house.add_run("rockets", "third", "queued", day=3)
            ringer.ring("api")
            change = await stream.next("change")
            assert [(run["run_id"], run["state"]) for run in change["runs"]] == [("third", "queued")]

    live(rocket_house, work)


def test_after_the_newest_run_is_deleted_changes_are_still_told(rocket_house: House) -> None:
    async def work(app: Any) -> None:
        async with opened(app, "/ui/stream") as stream:
            await stream.next("ping")
            await asyncio.to_thread(delete_run, rocket_house.act(), "rockets", "second")
            assert await stream.next("dags") == {}
            run = rocket_house.add_run("rockets", "third", day=3)
            rocket_house.add_task(run, TaskKey("rockets", "third", "download"), "running")
            rocket_house.act().wake("api")
            assert (await stream.next("change"))["tasks"] == [["rockets", "third", "download", -1, "running"]]

    live(rocket_house, work)


def test_a_page_that_comes_again_gets_what_it_missed(rocket_house: House) -> None:
    async def work(app: Any) -> None:
        async with opened(app, "/ui/stream", headers={"last-event-id": "0"}) as stream:
            change = await stream.next("change")
            assert ["rockets", "second", "pictures.fetch", 0, "failed"] in change["tasks"]

    live(rocket_house, work)


def test_a_changed_list_of_dags_is_told(rocket_house: House) -> None:
    ringer = Ringer(rocket_house.settings.home)

    async def work(app: Any) -> None:
        async with opened(app, "/ui/stream") as stream:
            await stream.next("ping")
            with rocket_house.store.write() as conn:
                conn.execute(dag_tables.dag.update().values(is_paused=True))
            ringer.ring("api")
            assert await stream.next("dags") == {}

    live(rocket_house, work)


def test_the_safety_poll_tells_what_no_bell_told(rocket_house: House) -> None:
    async def work(app: Any) -> None:
        async with opened(app, "/ui/stream") as stream:
            await stream.next("ping")
            run = rocket_house.add_run("rockets", "third", day=3)
            rocket_house.add_task(run, TaskKey("rockets", "third", "download"), "running")
            assert await stream.next("change")

    live(rocket_house, work, poll=0.05)


def test_reading_stops_with_the_last_page_and_starts_again_with_the_next(rocket_house: House) -> None:
    ringer = Ringer(rocket_house.settings.home)

    def bells() -> list[str]:
        return [bell.name for bell in run_folder(rocket_house.settings.home).glob("api-*.bell")]

    async def work(app: Any) -> None:
        for name in ("third", "fourth"):
            async with opened(app, "/ui/stream") as stream:
                await stream.next("ping")
                assert bells()
                run = rocket_house.add_run("rockets", name, day=3)
                rocket_house.add_task(run, TaskKey("rockets", name, "download"), "running")
                assert ringer.ring("api") == 1
                assert (await stream.next("change"))["tasks"][0][1] == name
        await asyncio.wait({app.state.door.feed._ended}, timeout=PATIENCE)
        assert not bells()

    live(rocket_house, work)


def test_a_page_that_does_not_keep_up_is_cut_off() -> None:
    async def run() -> None:
        listener = Listener(takes_events=True)
        for _ in range(100):
            listener.offer(b"x")
        assert listener.closed
        assert listener.queue.get_nowait() is None

    asyncio.run(run())


def test_closing_ends_every_stream(rocket_house: House) -> None:
    async def work(app: Any) -> None:
        async with opened(app, "/ui/stream") as stream:
            await stream.next("ping")
            app.state.door.feed.close()
            assert await stream.next("never") is None

    live(rocket_house, work)


@pytest.mark.spec("1/UI-10")
def test_a_log_is_followed_while_it_is_written_and_ends_with_the_try(rocket_house: House) -> None:
    key = TaskKey("rockets", "third", "download")
    run = rocket_house.add_run("rockets", "third", day=3)
    rocket_house.add_task(run, key, "running", log="first line\n")
    ringer = Ringer(rocket_house.settings.home)

    async def work(app: Any) -> None:
        path = "/ui/dags/rockets/runs/third/tasks/download/logs/1/stream"
        async with opened(app, path) as stream:
            assert (await stream.next("lines"))["text"] == "first line\n"
            rocket_house.write_log(key, 1, "There are now 3 images.\n")
            assert (await stream.next("lines"))["text"] == "There are now 3 images.\n"
            rocket_house.write_log(key, 1, "last words\n")
            rocket_house.end_attempt(run, key)
            ringer.ring("api")
            assert (await stream.next("lines"))["text"] == "last words\n"
            assert await stream.next("end") is not None

    live(rocket_house, work)


def test_a_log_can_be_followed_before_its_try_begins(rocket_house: House) -> None:
    key = TaskKey("rockets", "second", "pictures.count")

    async def work(app: Any) -> None:
        path = "/ui/dags/rockets/runs/second/tasks/pictures.count/logs/1/stream"
        async with opened(app, path) as stream:
            rocket_house.write_log(key, 1, "begun\n")
            assert (await stream.next("lines"))["text"] == "begun\n"

    live(rocket_house, work)


@pytest.mark.spec("1/UI-10")
def test_a_log_is_read_in_pieces(rocket_house: House) -> None:
    path = "/ui/dags/rockets/runs/second/tasks/download/logs/1"
    viewer = rocket_house.as_("viewer")
    whole = rocket_house.client.get(path, **viewer).json()
    assert whole == {"text": "one\ntwo\n", "next_offset": 8, "ended": True}
    assert rocket_house.client.get(path, params={"offset": 4}, **viewer).json()["text"] == "two\n"
    running = "/ui/dags/rockets/runs/second/tasks/pictures.fetch/logs/1"
    empty = rocket_house.client.get(running, params={"map_index": 1}, **viewer).json()
    assert empty == {"text": "", "next_offset": 0, "ended": False}
