"""Who asks a chronicle gets one state of it, while others tell."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Condition, Event, Thread
from typing import Any

import pytest
from tests.unit.trace.lineage.test_chronicle import CASES, items, packed

from suyuan.trace.lineage.chronicle import Chronicle
from suyuan.trace.lineage.chronicle.books import NODES
from suyuan.trace.lineage.chronicle.turns import Turns
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.statement import NEVER

_PATIENCE = 10.0  # seconds


def test_nothing_is_told_while_someone_asks() -> None:
    turns, told = Turns(), Event()

    def tell() -> None:
        with turns.telling():
            told.set()

    with turns.asking():
        teller = Thread(target=tell)
        teller.start()
        assert not told.wait(0.05)
    assert told.wait(_PATIENCE)
    teller.join(_PATIENCE)


def test_who_came_while_something_was_told_goes_first() -> None:
    """Short turns one after the other do not keep anybody from asking."""
    turns, order = Turns(), list[str]()
    begun, end = Event(), Event()

    def ask() -> None:
        begun.set()
        with turns.asking():
            order.append("asked")

    def tell() -> None:
        with turns.telling():
            end.wait(_PATIENCE)
        with turns.telling():
            order.append("told")

    teller = Thread(target=tell)
    teller.start()
    asker = Thread(target=ask)
    asker.start()
    begun.wait(_PATIENCE)
    asker.join(0.05)  # it waits by now
    end.set()
    for thread in (teller, asker):
        thread.join(_PATIENCE)
    assert order == ["asked", "told"]


def test_an_answer_is_of_one_state() -> None:
    chronicle, over = Chronicle(16), Event()
    broken, asked = list[int](), list[int]()

    def ask() -> None:
        while not over.is_set():
            with chronicle.turns.asking():
                books: Any = chronicle.books
                count = int(books.used[NODES])
                inside = books.nodes["inside"][:count]
                rows = inside[inside != NONE]
                ends = books.containments["end"][rows]
                children = books.containments["child"][rows]
                whole = (ends == NEVER).all() and (children == (inside != NONE).nonzero()[0]).all()
                asked.append(len(rows))
                if not whole:
                    broken.append(len(rows))

    asker = Thread(target=ask)
    asker.start()
    try:
        for number in range(60):
            keys = items(number * 10, number * 10 + 10)
            for turn, case in enumerate((*CASES, CASES[0])):
                chronicle.add([packed(3 * number + turn, case, keys, number + turn / 4)])
    finally:
        over.set()
        asker.join(_PATIENCE)
    assert asked
    assert not broken


@pytest.mark.parametrize("gives_up", [Turns.asking, Turns.telling])
def test_who_gives_up_waiting_keeps_nobody_waiting(
    gives_up: Callable[[Turns], AbstractContextManager[None]],
) -> None:
    """A signal may end a wait. Whoever comes then asks and tells as if nobody had waited."""
    turns, done = Turns(), Event()

    def give_up(*_: object) -> bool:
        raise KeyboardInterrupt

    def ask_and_tell() -> None:
        with turns.asking():
            pass
        with turns.telling():
            done.set()

    with turns.telling(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Condition, "wait_for", give_up)
        with pytest.raises(KeyboardInterrupt), gives_up(turns):
            pytest.fail("it was not its turn")
    Thread(target=ask_and_tell, daemon=True).start()
    assert done.wait(_PATIENCE)
