"""What may go wrong, by name. Each is a function of the world; ``world.Schedule`` draws which happen, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tradewind.errors import DatabaseTrouble
from tradewind.store.engine import Conn, Store

if TYPE_CHECKING:
    from tests.simulation.world import World


class FaultyStore(Store):
    """A store whose next write may fail before its commit, or after it (it happened, but the caller is told otherwise)."""

    next_fault: str | None = None

    @contextmanager
    def write(self) -> Iterator[Conn]:
        fault, self.next_fault = self.next_fault, None
        with super().write() as conn:
            yield conn
            if fault == "before":
                raise DatabaseTrouble("database is locked (simulated, before the commit)")
        if fault == "after":
            raise DatabaseTrouble("server closed the connection (simulated, after the commit)")


def kill_worker(world: World) -> None:
    cluster = world.any_cluster()
    cluster.kill_worker(world.rng.randrange(2), noticed=True)


def lose_worker(world: World) -> None:
    """As kill_worker, but nobody notices: only the lease ends."""
    world.any_cluster().kill_worker(world.rng.randrange(2), noticed=False)


def pause_worker(world: World) -> None:
    """Longer than the lease; then it goes on as if nothing had been."""
    cluster = world.any_cluster()
    cluster.paused_until[world.rng.randrange(2)] = cluster.now() + world.rng.choice([20.0, 75.0, 150.0])


def kill_scheduler(world: World) -> None:
    world.kill_scheduler(world.rng.choice(list(world.schedulers)))


def kill_scheduler_before_commit(world: World) -> None:
    world.kill_at("tick.before_commit")


def kill_scheduler_after_commit(world: World) -> None:
    """What it had decided is written, but nobody was told: no order went out, no report was acknowledged."""
    world.kill_at("tick.after_commit")


def pause_scheduler(world: World) -> None:
    """A scheduler that stands still for longer than it may hold its runs."""
    name = world.rng.choice(list(world.schedulers))
    world.asleep_until[name] = world.clock.monotonic() + world.rng.choice([15.0, 45.0, 120.0])


def database_error_before_commit(world: World) -> None:
    world.store.next_fault = "before"


def database_error_after_commit(world: World) -> None:
    world.store.next_fault = "after"


def clock_jump(world: World) -> None:
    world.clock.jump(world.rng.choice([-3600.0, -30.0, 30.0, 120.0, 900.0]))


def clear_some(world: World) -> None:
    world.verb_clear()


def mark_some(world: World) -> None:
    world.verb_mark()


def pause_dag(world: World) -> None:
    world.verb_pause()


FAULTS: dict[str, Callable[[World], None]] = {
    function.__name__: function
    for function in (
        *(kill_worker, lose_worker, pause_worker, kill_scheduler, pause_scheduler),
        *(kill_scheduler_before_commit, kill_scheduler_after_commit),
        *(database_error_before_commit, database_error_after_commit, clock_jump, clear_some, mark_some, pause_dag),
    )
}
