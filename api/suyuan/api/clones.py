"""Codes that may have been copied, for the pages and programs of officials and makers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from suyuan.api.house import House
from suyuan.portal.clones import LONGEST_REASON, Listed, Moment, Shown, may_clear
from suyuan.portal.lookup import typed_link
from suyuan.trace.errors import InvalidInput, NotAllowed, NotFound
from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.recall.passport import Text
from suyuan.trace.register.districts import city_name, city_name_en
from suyuan.trace.scan.past import Channel, Finding, History, Scan, Spot, Stay
from suyuan.trace.scan.wandering import kilometres, place_on_record
from suyuan.trace.store.access import note_access
from suyuan.trace.store.copies import Clearing, Suspected, Wanted, clear, clearings, suspect, suspected
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.sight import Viewer

_MOST_MOMENTS = 500
_PURPOSE = "copies"  # what the log of looks says they were for


class Copies:
    """Suspected codes of one house. Safe to use from several threads."""

    def __init__(self, house: House, now: Callable[[], datetime]) -> None:
        self._house = house
        self._now = now

    def wanted(self, product: str, party: str, before: str) -> Wanted:
        """Which codes are meant by what somebody typed; ``InvalidInput`` for what is no identifier."""
        return Wanted(_key(product, "product"), _key(party, "party"), _mark(before))

    def listed(self, viewer: Viewer, wanted: Wanted, limit: int) -> Sequence[Listed]:
        """Suspected codes in sight, the highest score first."""
        with Reading(self._house.engine) as reading:
            found = suspected(reading, viewer, wanted, limit)
        labels = self._house.labels([one.key for one in found])
        return [Listed(one, labels[one.key]) for one in found]

    def shown(self, viewer: Viewer, key: str) -> Shown:
        """One code with its evidence.

        Single scans are for officials, and each look at them is noted; a maker sees what they come to, and of
        custody what follows from events that it may see anyway.
        """
        found = self._suspect(viewer, key)
        official = may_clear(viewer)
        with Reading(self._house.engine) as reading:
            history = self._house.judging.histories.of(
                reading, found.key, found.batch, None if official else viewer
            )
            said = clearings(reading, found.key)
        if official:
            with Writing(self._house.engine) as writing:
                now, what = self._now(), f"scans {found.key}"
                note_access(writing, by=viewer.name, what=what, purpose=_PURPOSE, now=now)
        told = sorted(_moments(history, with_scans=official), key=lambda one: one.time)
        return Shown(
            Listed(found, self._house.label(found.key)),
            told[-_MOST_MOMENTS:],
            said,
            may_clear=official,
            scans_withheld=not official,
        )

    def clear(self, viewer: Viewer, key: str, reason: str) -> None:
        """Answer for all that is known of a code now; it is judged anew by what comes later."""
        if not may_clear(viewer):
            raise NotAllowed("{name} is a {role} and may not do this", name=viewer.name, role=viewer.role)
        found, said = self._suspect(viewer, key), reason.strip()
        if not said:
            raise InvalidInput("Say why nothing speaks against this code", where="reason")
        if len(said) > LONGEST_REASON:
            raise InvalidInput(
                "The text is longer than {limit} characters", where="reason", limit=LONGEST_REASON
            )
        with Writing(self._house.engine) as writing:
            clear(writing, Clearing(found.key, self._now(), viewer.name, said, found.score))

    def _suspect(self, viewer: Viewer, key: str) -> Suspected:
        with Reading(self._house.engine) as reading:
            found = suspect(reading, viewer, key)
        if found is None:
            raise NotFound("Nothing is on record under {key}", where="key", key=key[:200])
        return found


def _key(typed: str, where: str) -> str:
    """The product or party that somebody typed or scanned, in any spelling; parties may have other names."""
    if not typed:
        return ""
    try:
        found = identify(typed if "://" in typed else typed_link(typed))
    except (IdentifierError, InvalidInput) as error:
        if where == "party" and "://" in typed:
            return typed
        raise InvalidInput(
            "{value} is no identifier", where=where, value=typed[:50], remedy="Compare it with the label."
        ) from error
    return (found.product_key if where == "product" else None) or found.key


def _mark(text: str) -> tuple[float, str] | None:
    score, _, key = text.partition("|")
    try:
        found = float(score)
    except ValueError:
        return None
    return (found, key) if math.isfinite(found) and key else None


def _moments(history: History, *, with_scans: bool) -> Iterator[Moment]:
    for stay in history.stays:
        yield from _of_stay(stay)
    for finding in history.findings:
        yield _of_finding(finding)
    if history.sold is not None:
        yield Moment(history.sold, "sold")
    if history.destroyed is not None:
        yield Moment(history.destroyed, "destroyed")
    for scan in history.scans if with_scans else ():
        yield _of_scan(history, scan)


def _of_stay(stay: Stay) -> Iterator[Moment]:
    yield Moment(stay.since, "came", _city(stay.spot))
    if stay.until is not None:
        yield Moment(stay.until, "left", _city(stay.spot))


def _of_finding(finding: Finding) -> Moment:
    evidence = finding.evidence[0] if finding.evidence else ""
    return Moment(finding.time, finding.kind.value, evidence=evidence)


def _of_scan(history: History, scan: Scan) -> Moment:
    recorded, _ = place_on_record(history.stays, scan.time)
    km = None if recorded is None or scan.spot is None else kilometres(recorded, scan.spot)
    channel = "" if scan.channel is Channel.PHONE else scan.channel.value
    return Moment(scan.time, "scan", _city(scan.spot), km, channel, scan.outcome.value)


def _city(spot: Spot | None) -> Text:
    return Text() if spot is None else Text(city_name(spot.code), city_name_en(spot.code))
