"""What a hostile tag says turns no writing round on a screen, moves no cursor, and fills no sentence."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.unit.readers.station.fakes import until

from suyuan.readers.registry import open_reader
from suyuan.readers.station.page.display import short
from suyuan.readers.station.trial import Trial
from suyuan.readers.station.watch import Tag
from suyuan.readers.station.words import listing

TURNED, RED = "\u202eevil\u202c", "\x1b[31mred\x1b[0m"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize(
    ("code", "shown"),
    [(TURNED, "·evil·"), (RED, "·[31mred·[0m"), ("line 1\nline 2", "line 1·line 2"), ("中文", "中文")],
)
def test_the_list_of_tags_shows_nothing_that_cannot_be_printed(code: str, shown: str) -> None:
    assert short(Tag(code, "other", "unreadable")) == shown


async def test_a_reader_on_trial_shows_nothing_that_cannot_be_printed() -> None:
    async with Trial("wedge://page", open_reader=lambda url: open_reader(url, now=now), now=now) as trial:
        for text in (TURNED, RED):
            trial.push(text)
        await until(lambda: trial.reads == 2)
        assert [seen.name for seen in trial.antennas[1]] == ["·[31mred·[0m", "·evil·"]


def test_a_sentence_takes_the_beginning_of_long_names() -> None:
    text = listing(("a", "tel:1" + "2" * 2000))
    assert text.startswith("a, tel:12")
    assert text.endswith("…")
    assert len(text) < 250
