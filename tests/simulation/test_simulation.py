"""Seeds that must pass, and planted bugs that must be caught."""

from __future__ import annotations

import os

import pytest

from tests.simulation.findings import Broken
from tests.simulation.plan import draw
from tests.simulation.plants import IN_FAIR_WEATHER, PLANTS, UNSEEN
from tests.simulation.shrink import broken, shrink
from tests.simulation.world import play

#: Seeds are played in blocks, so that xdist can share them out and a broken one is named early..
BLOCK = 25
SEEDS = int(os.environ.get("SIMULATION_SEEDS", "500"))
FIRST = int(os.environ.get("SIMULATION_FIRST", "0"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, BLOCK))
def test_every_invariant_holds_under_faults(first: int) -> None:
    for seed in range(first, first + BLOCK):
        play(seed)


@pytest.mark.parametrize("seed", range(10))
def test_without_faults_nothing_runs_more_often_than_it_must(seed: int) -> None:
    play(seed, faults=False)


def test_the_same_seed_gives_the_same_journal() -> None:
    for seed in (3, 7, 11):
        assert play(seed).digest() == play(seed).digest()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", sorted(set(PLANTS) - UNSEEN))
def test_a_planted_bug_is_caught(name: str) -> None:
    with PLANTS[name]() as plant:
        for seed in range(500):
            try:
                play(seed, faults=name not in IN_FAIR_WEATHER, plant=plant)
            except Broken:
                return
    pytest.fail(f"500 seeds with {name} and nobody noticed")


def test_a_broken_seed_is_cut_down() -> None:
    with PLANTS["ignore_pools"]() as plant:
        seed = next(seed for seed in range(500) if broken(draw(seed), plant))
        small = shrink(draw(seed), plant, most=120)
        assert broken(small, plant)
    assert len(small.events) <= len(draw(seed).events)
    assert sum(len(spec.tasks) for spec in small.specs.values()) <= 3
