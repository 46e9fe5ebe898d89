"""When a file is due."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.parser.schedule import Book, Entry, FileKey, Outcome


class World:
    """A folder, a book, and parses that always succeed."""

    def __init__(self, root: Path) -> None:
        self.root, self.book, self.digests = root, Book({"b": root}, volatile_interval=30), {}

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.write_text(text)
        return path

    def look(self) -> None:
        found = {FileKey("b", p.name): p for p in sorted(self.root.glob("*.py"))}
        self.book.look(found, self.digests, fresh=found.values())

    def parse(self, now: float = 0.0, **changes: object) -> list[str]:
        names = []
        for entry in self.book.take(100):
            names.append(entry.key.fileloc)
            files = {entry.key.fileloc: self.book.sha(entry.path)}
            outcome = {
                "files": files,
                "variables": [],
                "connections": [],
                "volatile": False,
                "dag_ids": [],
                "error_code": None,
            }
            self.book.done(entry.key, Outcome(**{**outcome, **changes}), self.digests, now)  # type: ignore[arg-type]
        return names


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_new_file_is_due_once(world: World) -> None:
    world.write("a.py", "1")
    world.look()
    assert world.parse() == ["a.py"]
    world.look()
    assert world.parse() == []
    assert world.book.idle()


def test_only_the_changed_file_is_due(world: World) -> None:
    world.write("a.py", "1")
    world.write("c.py", "1")
    world.look()
    world.parse()
    world.write("a.py", "2")
    world.look()
    assert world.parse() == ["a.py"]


def test_a_touched_file_with_the_same_content_is_not_parsed_again(world: World) -> None:
    path = world.write("a.py", "1")
    world.look()
    world.parse()
    path.touch()
    world.book.touch({path}, {})
    assert world.parse() == []


def test_a_data_file_that_was_read_makes_its_reader_due(world: World) -> None:
    world.write("a.py", "1")
    data = world.write("tables.yaml", "x")
    world.look()
    world.parse(files={"a.py": world.book.sha(world.root / "a.py"), "tables.yaml": world.book.sha(data)})
    data.write_text("y")
    world.book.touch({data}, {})
    assert world.parse() == ["a.py"]


def test_a_changed_variable_makes_its_reader_due(world: World) -> None:
    world.write("a.py", "1")
    world.digests = {"variable:k": "one"}
    world.look()
    world.parse(variables=["k"])
    world.book.check_values({"variable:k": "one"})
    assert world.parse() == []
    world.book.check_values({"variable:k": "two"})
    assert world.parse() == ["a.py"]


def test_a_volatile_file_is_due_again_after_its_interval(world: World) -> None:
    world.write("a.py", "1")
    world.look()
    world.parse(now=100.0, volatile=True)
    assert world.book.ring_volatile(120.0) == pytest.approx(10.0)
    assert world.parse() == []
    world.book.ring_volatile(130.0)
    assert world.parse() == ["a.py"]


def test_a_broken_file_is_tried_again_when_something_near_it_moved_but_a_hanging_one_is_not(world: World) -> None:
    world.write("a.py", "1")
    world.look()
    world.parse(error_code="dag_file_error", dag_ids=None)
    world.write("new.py", "1")
    world.look()
    assert sorted(world.parse(error_code="dag_file_timeout", dag_ids=None)) == ["a.py", "new.py"]
    world.write("third.py", "1")
    world.look()
    assert world.parse() == ["third.py"]


def test_a_change_during_the_parse_leads_to_another_parse(world: World) -> None:
    path = world.write("a.py", "1")
    world.look()
    [entry] = world.book.take(1)
    before = {"a.py": world.book.sha(path)}
    path.write_text("22")
    world.book.touch({path}, {})
    world.book.done(entry.key, Outcome(before, [], [], False, [], None), {}, 0.0)
    assert world.parse() == ["a.py"]


def test_the_heir_of_a_dag_id_is_parsed_when_the_holder_goes(world: World) -> None:
    first, _ = world.write("a.py", "1"), world.write("z.py", "1")
    world.look()
    world.parse(dag_ids=["same"])
    assert world.book.claimants("same") == [FileKey("b", "a.py"), FileKey("b", "z.py")]
    first.unlink()
    world.look()
    assert world.book.vanished == {FileKey("b", "a.py")}
    assert world.parse() == ["z.py"]


def test_what_an_earlier_process_knew_is_not_parsed_again(world: World, tmp_path: Path) -> None:
    path = world.write("a.py", "1")
    world.look()
    world.parse()
    known = world.book.entries[FileKey("b", "a.py")]
    later = Book({"b": tmp_path}, 30)
    later.restore(Entry(known.key, path, hash=known.hash, files=known.files))
    later.look({known.key: path}, {})
    assert later.idle()
