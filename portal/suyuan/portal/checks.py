"""What checks find, in the words of an officer: a title, a sentence with its numbers, what to do next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from suyuan.portal.language import Speech
from suyuan.trace.checks import Finding, Number

_PLAIN = frozenset({"scans", "places"})
"""Numbers that are no amount of goods."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A finding in one language; ``severity`` and ``certainty`` are words, too."""

    severity: str
    certainty: str
    title: str
    sentence: str
    advice: str


def spoken(speech: Speech, finding: Finding, name: Callable[[str], str]) -> Spoken:
    """A finding in words; ``name`` says what things, places and parties are called."""
    fields: dict[str, object] = {
        "what": _what(speech, finding, name),
        "place": name(finding.place) if finding.place else speech.say("finding.no-place"),
        "other_place": name(finding.other_place) if finding.other_place else speech.say("finding.no-place"),
        "party": name(finding.party) if finding.party else speech.say("finding.no-party"),
        "other_party": name(finding.other_party) if finding.other_party else speech.say("finding.no-party"),
        "case": finding.case or "",
        **{one.name: _number(speech, one) for one in finding.numbers},
    }
    return Spoken(
        severity=speech.say(f"severity.{finding.severity}"),
        certainty=speech.say(f"certainty.{finding.certainty}"),
        title=speech.say(f"finding.{finding.code}"),
        sentence=speech.say(f"finding.{finding.code}.told", **fields),
        advice=speech.say(f"check.{finding.check}.advice"),
    )


def _what(speech: Speech, finding: Finding, name: Callable[[str], str]) -> str:
    first = name(finding.keys[0]) if finding.keys else speech.say("finding.no-thing")
    more = finding.objects - 1
    return speech.count("finding.and-more", more, what=first) if more > 0 else first


def _number(speech: Speech, number: Number) -> str:
    match number.uom:
        case "HUR":
            return speech.duration(timedelta(hours=abs(number.value)))
        case "DAY":
            return speech.count("finding.days", round(number.value))
        case "KMT":
            return f"{speech.number(round(number.value))} km"
        case "P1":
            return f"{speech.number(round(number.value, 1))} %"
        case uom if number.name in _PLAIN and uom is None:
            return speech.number(number.value)
        case uom:
            return speech.quantity(number.value, uom)
