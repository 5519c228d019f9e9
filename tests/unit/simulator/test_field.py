from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.readers.station.identity import from_tag
from suyuan.simulator.field import FAULTLESS, MOST_ROUNDS, Counts, Rates, imagine_pass
from suyuan.trace.errors import InvalidInput

TAGS = [bytes([0x30, n]) + bytes(10) for n in range(40)]


def seeded(seed: int) -> Random:
    return Random(seed)


@given(
    seed=st.integers(0, 2**32),
    rates=st.builds(Rates, *[st.floats(0, 1) for _ in range(4)]),
    count=st.integers(0, len(TAGS)),
)
def test_whatever_the_rates_every_tag_is_read_in_the_end(seed: int, rates: Rates, count: int) -> None:
    made = imagine_pass(TAGS[:count], rates, seeded(seed))
    reported = [tag for heard in made.rounds for tag in heard]
    assert set(TAGS[:count]) <= set(reported)
    assert len(made.rounds) <= MOST_ROUNDS
    assert made.counts.reads == len(reported) + len(made.strays)
    first_reads = count
    assert made.counts.reads == first_reads + made.counts.repeats + made.counts.strays + made.counts.garbage


def test_the_same_seed_gives_the_same_pass() -> None:
    assert imagine_pass(TAGS, Rates(), seeded(3)) == imagine_pass(TAGS, Rates(), seeded(3))
    assert imagine_pass(TAGS, Rates(), seeded(3)) != imagine_pass(TAGS, Rates(), seeded(4))


def test_without_faults_each_tag_is_read_once() -> None:
    made = imagine_pass(TAGS, FAULTLESS, seeded(0))
    assert made.rounds == (tuple(TAGS),)
    assert made.counts == Counts(reads=len(TAGS))


def test_faults_come_at_about_their_rates() -> None:
    counts = Counts()
    for seed in range(300):
        counts.add(imagine_pass(TAGS, Rates(), seeded(seed)).counts)
    heard = (counts.reads - counts.strays - counts.garbage) / (1 + Rates().repeat)
    assert 0.055 < counts.missed / (counts.missed + heard) < 0.065
    assert 300 * 0.1 * 1.5 < counts.strays < 300 * 0.1 * 3.5
    assert 0 < counts.garbage < 12


def test_strays_are_goods_of_others_and_garbage_is_no_epc() -> None:
    made = imagine_pass(TAGS, Rates(0, 0, 1, 1), seeded(1))
    assert {from_tag(tag).kind for tag in made.strays} == {"unit"}
    (garbage,) = set(made.rounds[0]) - set(TAGS)
    with pytest.raises(InvalidInput):
        from_tag(garbage)


def test_an_empty_field_has_nothing_to_tell() -> None:
    made = imagine_pass([], Rates(1, 1, 1, 1), seeded(1))
    assert (made.rounds, made.strays, made.counts) == ((), (), Counts())
