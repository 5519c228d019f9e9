"""Stops and places in words: what stands in a box of the chart, beside a point of the map, in the tables."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from suyuan.portal.incident.stops import Journeys, Passage, Stop
from suyuan.portal.language import Speech
from suyuan.portal.rendering import Page, event_path, object_path
from suyuan.portal.services import Label
from suyuan.trace.lineage.contract import Amount, Status
from suyuan.trace.lineage.kinds import kind_by_name

_COLUMNS = 18  # narrow letters that fit a box; a Chinese one takes two
_LIVING: tuple[Status, ...] = ("in_stock", "in_transit", "unaccounted")


@dataclass(frozen=True, slots=True)
class Marks:
    """What the investigation says of stops beside the trace.

    ``ill`` tells of each ill person what they ate (lots, products; empty: nobody knows), by where they bought
    it. ``common`` are lots that lie on some way to each case, ``held`` lots and places of the smallest set to
    hold, ``added`` lots and pieces that are affected in this of two scopes alone.
    """

    ill: Mapping[str, Sequence[frozenset[str]]] = field(default_factory=dict[str, Sequence[frozenset[str]]])
    common: Collection[str] = frozenset()
    held: Collection[str] = frozenset()
    added: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Caption:
    """A stop in words. ``lines`` are shortened for its box, ``said`` is for who does not see it."""

    stop: Stop
    title: str
    code: str
    place: str
    amount: str
    when: str
    lines: tuple[str, str, str, str]  # title, code, amount (beside the code), place
    said: str
    href: str
    place_href: str
    living: float | None  # share of the pieces that are still there or on the way
    ill: int
    common: bool
    held: bool
    added: bool


@dataclass(frozen=True, slots=True)
class Word:
    """A passage in words."""

    passage: Passage
    said: str
    amount: str
    href: str
    evidence: tuple[tuple[str, str], ...]  # key, its page


def captions(found: Journeys, labels: Mapping[str, Label], page: Page, marks: Marks) -> Mapping[int, Caption]:
    """The words of every stop."""
    short = short_names({stop.place for stop in found.stops if stop.place}, labels, page.speech)
    nowhere = name_of(None, labels, page.speech)
    return {
        stop.index: _caption(stop, labels, page, marks, short.get(stop.place or "", nowhere))
        for stop in found.stops
    }


def keys_of(found: Journeys) -> Sequence[str]:
    """Everything of which :func:`captions` needs the label."""
    keys = {lot for stop in found.stops for lot in stop.lots[:2]}
    return sorted(keys | {stop.place for stop in found.stops if stop.place})


def _caption(
    stop: Stop, labels: Mapping[str, Label], page: Page, marks: Marks, place_in_short: str
) -> Caption:
    speech = page.speech
    lead = labels.get(stop.lots[0])
    names = {speech.text(label.name) for key in stop.lots[:2] if (label := labels.get(key))}
    one_product = len(names) == 1 or len(stop.lots) == 1
    title = (next(iter(names), "") if one_product else "") or _counted(stop.lots, speech)
    code = short_code(lead.code) if lead and len(stop.lots) == 1 else ""
    if len(stop.lots) > 1 and one_product and title in names:
        code = _counted(stop.lots, speech)
    place = name_of(stop.place, labels, speech)
    amount, short = _amount(stop, speech), _amount(stop, speech, is_short=True)
    ill = _ill(stop, marks)
    common = any(lot in marks.common for lot in stop.lots)
    living = _living(stop)
    held = (living is None and not stop.objects) or bool(living)  # only where something is left
    held = held and any(key in marks.held for key in (*stop.lots, stop.place))
    added = any(lot in marks.added for lot in stop.lots)
    said = [title, code, place, amount, "" if stop.for_certain else speech.say(f"certainty.{stop.certainty}")]
    said += [speech.say("trace.suspect")] if stop.suspect else []
    said += [speech.count("stop.ill", ill)] if ill else []
    said += [speech.say("stop.common")] if common else []
    said += [speech.say("stop.hold")] if held else []
    said += [speech.say("stop.added")] if added else []
    return Caption(
        stop,
        title,
        code,
        place,
        amount,
        speech.stage(stop.since) if stop.since else speech.say("stop.no-time"),
        (
            fitted(title, _COLUMNS),
            _ending(code, _COLUMNS - letters(short) * 4 // 5) if letters(short) < _COLUMNS - 2 else "",
            fitted(short, _COLUMNS + 4),
            fitted(place_in_short, _COLUMNS + 3),
        ),
        speech.joined(*said),
        page.link(object_path(stop.lots[0])) if len(stop.lots) == 1 and lead else f"#s{stop.index}",
        page.link(object_path(stop.place)) if stop.place else "",
        living,
        ill,
        common,
        held,
        added,
    )


def _counted(keys: Sequence[str], speech: Speech) -> str:
    """What things without a name in common are: of which kind, or how many."""
    if len(keys) == 1:
        return speech.say(f"kind.{kind_by_name(keys[0])}")
    is_lots = all(kind_by_name(key) == "lot" for key in keys)
    return speech.count("stop.lots" if is_lots else "scope.things", len(keys))


def words(found: Journeys, told: Mapping[int, Caption], page: Page) -> Mapping[tuple[int, int, str], Word]:
    """The words of every passage, by its ends and kind."""
    speech = page.speech
    found_words: dict[tuple[int, int, str], Word] = {}
    for passage in found.passages:
        source, target = told[passage.source], told[passage.target]
        amount = _amount(passage, speech)
        said = speech.say(
            f"passage.{passage.kind}",
            source=speech.joined(source.title, source.code, source.place),
            target=speech.joined(target.title, target.code, target.place),
        )
        certainty = "" if passage.for_certain else speech.say(f"certainty.{passage.certainty}")
        said = speech.joined(said, amount, certainty)
        evidence = tuple((key, page.link(event_path(key))) for key in passage.evidence)
        href = evidence[0][1] if len(evidence) == 1 else f"#s{passage.target}"
        found_words[passage.source, passage.target, passage.kind] = Word(
            passage, said, amount, href, evidence
        )
    return found_words


def _amount(of: Stop | Passage, speech: Speech, *, is_short: bool = False) -> str:
    """How much it is at most, and how much for certain where that is less; of goods in two units both."""
    told = [(of.amount, of.for_certain)]
    if isinstance(of, Stop):
        told.append((of.beside, of.beside_for_certain))
    parts = [_measure(most, certain, speech, is_short=is_short) for most, certain in told if most is not None]
    whole = " + ".join(parts)
    if not of.has_more:
        return whole
    return f"{whole} +" if is_short else speech.say("amount.and-more", amount=whole)


def _measure(most: Amount, certain: Amount | None, speech: Speech, *, is_short: bool) -> str:
    up_to = speech.amount(most)
    if certain is None:
        return up_to
    least = speech.number(certain.quantity)
    return f"{least}\u2013{up_to}" if is_short else speech.say("amount.certain-of", certain=least, most=up_to)


def name_of(key: str | None, labels: Mapping[str, Label], speech: Speech) -> str:
    """The name of a place or lot, or its code; of nothing, that it is not known."""
    if not key:
        return speech.say("place.unknown")
    label = labels.get(key)
    return (speech.text(label.name) or label.code) if label else key


def short_code(code: str) -> str:
    """Of an element string the last value: lot, serial or SSCC."""
    return code.rsplit(")", 1)[-1]


def short_names(places: Collection[str], labels: Mapping[str, Label], speech: Speech) -> Mapping[str, str]:
    """Of "Company, store" the store, where the whole is long and no other of these places is called so."""
    names = {place: name_of(place, labels, speech) for place in places}
    last = {place: name.rsplit(", ", 1)[-1] for place, name in names.items()}
    times = Counter(last.values())
    return {
        place: name if letters(name) <= _COLUMNS + 3 or times[last[place]] > 1 else last[place]
        for place, name in names.items()
    }


def letters(text: str) -> int:
    """How many narrow letters wide a text is; a Chinese one is two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def fitted(text: str, columns: int) -> str:
    """``text`` in at most so many narrow letters. Of Chinese names the end tells more than the middle."""
    if letters(text) <= columns:
        return text
    if any(letters(letter) > 1 for letter in text):
        head, tail = text, text
        while letters(head) > (columns - 1) // 2 - 1:
            head = head[:-1]
        while letters(head) + letters(tail) + 1 > columns:
            tail = tail[1:]
        return f"{head}…{tail}"
    kept = text
    while letters(kept) > columns - 1:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def _ending(code: str, columns: int) -> str:
    """The end of a code, by which those of one series differ, in at most so many narrow letters."""
    return code if letters(code) <= columns else f"…{code[1 - columns :]}"


def _ill(stop: Stop, marks: Marks) -> int:
    """How many ill people may have eaten of what stopped here."""
    eaten = marks.ill.get(stop.place or "", ())
    if not eaten:
        return 0
    here = {*stop.lots, *(lot.partition("/10/")[0] for lot in stop.lots)}
    return sum(not goods or not goods.isdisjoint(here) for goods in eaten)


def _living(stop: Stop) -> float | None:
    total = sum(count for _, count in stop.statuses)
    if not total:
        return None
    return sum(count for status, count in stop.statuses if status in _LIVING) / total
