"""People who fell ill, and tests and people that speak against a source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from suyuan.trace.incident.lots import LotNetwork, Whole
from suyuan.trace.incident.problems import Problems

SENSITIVITY = 0.9
"""How probable it is that a test of wholly contaminated goods finds it: an assumption. Tell it."""


@dataclass(frozen=True, slots=True)
class Case:
    """Someone ill who ate goods of one of these places, or of one of these lots if they are known."""

    id: str
    places: tuple[str, ...]
    onset: date | None = None
    lots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Negative:
    """A clean test of a lot, or someone who ate goods of a lot and did not fall ill.

    ``power``: how probable a finding (or falling ill) had been, were all of it contaminated.
    """

    lot: str
    power: float = SENSITIVITY


def check_cases(network: LotNetwork, cases: Sequence[Case], negatives: Sequence[Negative]) -> None:
    """End with every fault of the cases and tests.

    Raises:
        NetworkInvalid: every fault: an unknown place or lot, a case told twice, no place, no probability.
    """
    problems = Problems()
    lots, places = frozenset(network.ids), frozenset(network.labels["place"])
    if not cases:
        problems.fault("There is no case.", where="/cases", remedy="Name at least one.")
    seen: set[str] = set()
    for row, case in enumerate(cases):
        if case.id in seen:
            problems.fault(
                "Case {id} is told twice.", where=f"/cases/{row}/id", remedy="Tell it once.", id=case.id
            )
        seen.add(case.id)
        _check_case(case, f"/cases/{row}", lots, places, problems)
    for row, negative in enumerate(negatives):
        if negative.lot not in lots:
            _no_lot(negative.lot, f"/negatives/{row}/lot", problems)
        if not 0 <= negative.power <= 1:
            problems.fault(
                "{value} is no probability.",
                where=f"/negatives/{row}/power",
                remedy="Write a number from 0 to 1.",
                value=negative.power,
            )
    problems.raise_any()


def _check_case(
    case: Case, where: str, lots: frozenset[str], places: frozenset[str], problems: Problems
) -> None:
    if not case.places and not case.lots:
        problems.fault(
            "Case {id} names no place and no lot.",
            where=where,
            remedy="Tell where the goods were bought.",
            id=case.id,
        )
    for at, name in enumerate(case.places):
        if name not in places:
            problems.fault(
                "There is no place {id}.", where=f"{where}/places/{at}", remedy="Check the spelling.", id=name
            )
    for at, name in enumerate(case.lots):
        if name not in lots:
            _no_lot(name, f"{where}/lots/{at}", problems)


def _no_lot(name: str, where: str, problems: Problems) -> None:
    problems.fault("There is no lot {id}.", where=where, remedy="Check the spelling.", id=name)


def exposures(network: LotNetwork, cases: Sequence[Case]) -> Sequence[Whole]:
    """The rows of the lots that each case may have eaten of: those it names, or else all of its places."""
    code_of = {label: code for code, label in enumerate(network.labels["place"])}
    row_of = {lot: row for row, lot in enumerate(network.ids)} if any(case.lots for case in cases) else {}
    by_place = np.argsort(network.codes["place"], kind="stable")
    starts = np.searchsorted(network.codes["place"][by_place], np.arange(len(code_of) + 1))
    found: list[Whole] = []
    for case in cases:
        if case.lots:
            rows = np.array([row_of[lot] for lot in case.lots], np.int64)
        else:
            codes = [code_of[place] for place in case.places]
            rows = np.concatenate([by_place[starts[code] : starts[code + 1]] for code in codes])
        found.append(np.unique(rows))
    return found
