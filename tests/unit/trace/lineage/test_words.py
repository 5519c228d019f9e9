"""What statements said: read back once, and remembered by how much they name."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from suyuan.trace.lineage.kept.words import Words
from suyuan.trace.lineage.occurrence import Holding, Occurrence

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def told(evidence: str) -> Occurrence:
    """An event about as many items as its key says."""
    what = tuple(Holding(f"https://id.gs1.org/01/09521234000013/21/{n}") for n in range(int(evidence)))
    return Occurrence(evidence, "party", "ObjectEvent", NOON, NOON, action="OBSERVE", what=what)


def test_statements_that_name_much_are_forgotten_sooner_the_oldest_first() -> None:
    asked: list[str] = []

    def read_back(keys: Collection[str]) -> Iterable[Occurrence]:
        asked.extend(keys)
        return map(told, keys)

    words = Words(read_back, remembered=19)
    assert set(words(["3", "5"])) == {"3", "5"}
    words(["3"])  # now the last to be forgotten
    words(["9"])
    assert asked == ["3", "5", "9"]
    words(["3", "9"])
    assert asked == ["3", "5", "9"], "4 and 10 of 19, with one for each"
    words(["5"])
    assert asked == ["3", "5", "9", "5"]
    assert words(["500"])["500"].occurrence.what[-1].key.endswith("/21/499")
    words(["9"])
    assert asked == ["3", "5", "9", "5", "500", "9"], "which is answered, and pushes out all"
