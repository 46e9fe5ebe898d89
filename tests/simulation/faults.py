"""What may go wrong, by name. Each is a function of the world and of dice of its own."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.cluster import Cluster
    from tests.simulation.world import World

#: Every labelled point of the scheduler's pass.
POINTS = (
    "tick.heard", "tick.before_commit", "tick.after_commit", "tick.submitted", "tick.acknowledged",
)  # fmt: skip


def _some_cluster(world: World, dice: Random) -> Cluster:
    return dice.choice(list(world.clusters.values()))


def kill_worker(world: World, dice: Random) -> None:
    """And its executor sees it."""
    _some_cluster(world, dice).kill_worker(dice.randrange(2), noticed=True)


def lose_worker(world: World, dice: Random) -> None:
    """As kill_worker, but nobody notices: only the lease ends."""
    _some_cluster(world, dice).kill_worker(dice.randrange(2), noticed=False)


def out_of_memory(world: World, dice: Random) -> None:
    """The kernel picks one task."""
    _some_cluster(world, dice).kill_task()


def pause_worker(world: World, dice: Random) -> None:
    """Longer than the lease; then it goes on as if nothing had been."""
    cluster = _some_cluster(world, dice)
    cluster.paused_until[dice.randrange(2)] = cluster.now() + dice.choice([20.0, 75.0, 150.0])


def split_network(world: World, dice: Random) -> None:
    """A scheduler and its workers do not hear each other; both go on."""
    cluster = _some_cluster(world, dice)
    cluster.split_until = cluster.now() + dice.choice([5.0, 40.0, 90.0, 150.0])


def kill_scheduler(world: World, dice: Random) -> None:
    if world.schedulers:
        world.kill_scheduler(dice.choice(list(world.schedulers)))


def kill_scheduler_at_a_point(world: World, dice: Random) -> None:
    """Whichever scheduler comes to that point of its code next."""
    world.kill_at(dice.choice(POINTS))


def pause_scheduler(world: World, dice: Random) -> None:
    """A scheduler that stands still for longer than it may hold its runs."""
    if world.schedulers:
        name = dice.choice(list(world.schedulers))
        world.asleep_until[name] = world.clock.monotonic() + dice.choice([15.0, 45.0, 120.0])


def upgrade(world: World, dice: Random) -> None:
    """Every scheduler is stopped in good order, with its tasks or without, and a new release takes over."""
    for name in list(world.schedulers):
        world.stop_scheduler(name, with_tasks=dice.random() < 0.3, back_after=dice.choice([0.0, 3.0, 90.0]))


def twin(world: World, dice: Random) -> None:
    """A cloned machine: a second scheduler under the name of a living one, with workers of its own."""
    if world.schedulers:
        world.clone_scheduler(dice.choice(list(world.schedulers)))


def database_error_before_commit(world: World, dice: Random) -> None:
    world.store.next_fault = "before"


def database_error_after_commit(world: World, dice: Random) -> None:
    """It happened, but the caller is told otherwise."""
    world.store.next_fault = "after"


def database_down(world: World, dice: Random) -> None:
    world.database_back_at = world.clock.monotonic() + dice.choice([2.0, 30.0, 90.0])
    world.store.down = True


def clock_jump(world: World, dice: Random) -> None:
    world.clock.jump(dice.choice([-3600.0, -30.0, 30.0, 120.0, 900.0]))


FAULTS: dict[str, Callable[[World, Random], None]] = {
    function.__name__: function
    for function in (
        *(kill_worker, lose_worker, out_of_memory, pause_worker, split_network),
        *(kill_scheduler, kill_scheduler_at_a_point, pause_scheduler, upgrade, twin),
        *(database_error_before_commit, database_error_after_commit, database_down, clock_jump),
    )
}
