"""Speaking Chinese and English: the message catalogues, dates, amounts and errors in their words.

The catalogues are the ``.po`` files beside this module, read once, when first spoken. Keys are dotted
names for the texts of our pages, and the English template itself for messages of ``SuyuanError``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import cache
from importlib.resources import files
from io import BytesIO
from string import Formatter
from typing import Literal

from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent, format_scientific
from babel.support import Translations

from suyuan.trace.epcis.problems import Problem
from suyuan.trace.errors import InvalidInput, SuyuanError
from suyuan.trace.lineage.contract import Amount, Contaminated
from suyuan.trace.recall.passport import Reason, Text

Language = Literal["zh-CN", "en"]
LANGUAGES: tuple[Language, ...] = ("zh-CN", "en")
CHINA_TIME = timezone(timedelta(hours=8))  # one zone for the whole country, without summer time since 1991

_CATALOGUES = {"zh-CN": "zh_CN", "en": "en"}
_LOCALES = {"zh-CN": "zh_Hans_CN", "en": "en_GB"}
_LEAST_SHARE, _SMALL_SHARE = 0.001, 0.1
_UNCOUNTED = 1e15
_FEW, _SOME = 10, 100
_WORDS = frozenset({"disposition", "role"})  # fields that hold a word of the vocabulary of their name
_PHRASES = frozenset({"allowed", "expected", "name", "part"})  # fields that hold English out of the code
_NUMBERS = re.compile(r"[0-9]+(, [0-9]+)*( (or|to) [0-9]+)?")
_CLOSED = (".", "!", "?", "\u3002", "\uff01", "\uff1f")
_UNITS = {
    "KGM": "kg",
    "GRM": "g",
    "TNE": "t",
    "LTR": "L",
    "MLT": "mL",
    "MTQ": "m³",
}  # UN/ECE Recommendation 20


@cache
def catalogue(language: Language) -> Translations:
    """The compiled catalogue of ``language``."""
    source = files("suyuan.portal") / "words" / f"{_CATALOGUES[language]}.po"
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source.read_bytes()), locale=_CATALOGUES[language]))
    compiled.seek(0)
    return Translations(compiled)


def places(template: str) -> set[str]:
    """The names of the ``{places}`` of a text."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def negotiate(chosen: str | None, accept_language: str) -> Language:
    """The language to answer in: the reader's choice, else the header (RFC 9110 §12.5.4), else Chinese."""
    for language in LANGUAGES:
        if chosen == language:
            return language
    ranked: list[tuple[float, int, Language]] = []
    for position, part in enumerate(accept_language.split(",")[:32]):
        tag, _, parameter = part.strip().partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            quality = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            continue
        primary = tag.strip().lower().split("-")[0]
        if quality > 0 and primary:
            ranked.append((-quality, position, "zh-CN" if primary in ("zh", "*") else "en"))
    return min(ranked)[2] if ranked else "zh-CN"


def offset_zone(offset: str) -> tzinfo:
    """The zone of an EPCIS ``eventTimeZoneOffset`` such as ``+08:00``; China's where it cannot be read."""
    try:
        return datetime.strptime(offset.replace("Z", "+00:00"), "%z").tzinfo or CHINA_TIME
    except ValueError:
        return CHINA_TIME


def _estimated(value: float, uom: str | None) -> float:
    """An expectation with as many digits as it is worth: whole from a hundred on, pieces from ten on."""
    if value >= _SOME or (uom is None and value >= _FEW):
        return round(value)
    return round(value, 1) if value >= _FEW else value


def _expectation(low: float, expected: float, high: float | None, uom: str | None) -> float:
    """What is said to be expected: never outside of the range that it is told with."""
    rounded = max(_estimated(expected, uom), low)
    return rounded if high is None else min(rounded, high)


def zone_name(moment: datetime) -> str:
    """``UTC+8``, ``UTC−3:30`` or ``UTC``."""
    minutes = int((moment.utcoffset() or timedelta()).total_seconds() // 60)
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "−"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


class _Fields(dict[str, object]):
    """Values of a template; a place without a value shows as an ellipsis instead of breaking the page."""

    def __missing__(self, key: str) -> str:
        return "…"


@dataclass(frozen=True, slots=True)
class Speech:
    """One language, ready to speak. Everything it returns is plain text: templates escape it."""

    language: Language
    zone: tzinfo = CHINA_TIME

    def knows(self, msgid: str) -> bool:
        """Whether the catalogue has a text of this name."""
        return catalogue(self.language).gettext(msgid) != msgid

    def say(self, msgid: str, /, **fields: object) -> str:
        """The text named ``msgid`` with its places filled."""
        text = catalogue(self.language).gettext(msgid)
        return text.format_map(self._spoken(fields)) if fields else text

    def count(self, msgid: str, n: int, /, **fields: object) -> str:
        """The text named ``msgid`` in the plural form of ``n``; ``{n}`` is the number."""
        text = catalogue(self.language).ngettext(msgid, msgid, n)
        return text.format_map(self._spoken(fields) | {"n": self.number(n)})

    def term(self, group: str, word: str | None) -> str:
        """A word of a vocabulary (``step``, ``disposition`` …); where we have none, the word itself."""
        if not word:
            return ""
        msgid = f"{group}.{word.rsplit('-', 1)[-1] if ':' in word else word}"
        return self.say(msgid) if self.knows(msgid) else word

    def text(self, text: Text) -> str:
        """A text from data."""
        return text.in_language(self.language)

    def number(self, value: float) -> str:
        """A number with at most three decimals; beyond what anybody counts, as a power of ten."""
        if abs(value) >= _UNCOUNTED:
            return str(format_scientific(value, "0.###E0", locale=_LOCALES[self.language]))
        return str(format_decimal(round(value, 3), locale=_LOCALES[self.language]))

    def percent(self, share: float) -> str:
        """A share of 1 in per cent; below one in a thousand that it is less than that."""
        if 0 < share < _LEAST_SHARE:
            return self.say("percent.less", n=self._percent(_LEAST_SHARE))
        return self._percent(share)

    def _percent(self, share: float) -> str:
        form = "0.#%" if share < _SMALL_SHARE else "0%"
        return str(format_percent(share, form, locale=_LOCALES[self.language]))

    def day(self, day: date) -> str:
        """A date: 21 Nov 2026, or year, month and day with their Chinese words."""
        return str(
            format_date(day, "medium" if self.language == "en" else "long", locale=_LOCALES[self.language])
        )

    def short_day(self, day: date) -> str:
        """A date without its year, where the year is told elsewhere: 18 Nov."""
        return str(format_skeleton("MMMd", day, locale=_LOCALES[self.language]))

    def weekday(self, day: date) -> str:
        """The short name of the day of the week."""
        return str(format_date(day, "EEE", locale=_LOCALES[self.language]))

    def degrees(self, value: float, above: str, below: str) -> str:
        """A latitude or longitude with the letter of its hemisphere, N or S, E or W."""
        side = above if value >= 0 else below
        return self.say(f"degrees.{side}", n=self.number(abs(value)))

    def moment(self, moment: datetime, offset: str | None = None) -> str:
        """Date, time to the minute and zone, in the zone of ``offset`` or else of the installation."""
        local = moment.astimezone(offset_zone(offset) if offset else self.zone)
        return f"{self.day(local.date())} {local:%H:%M} {zone_name(local)}"

    def clock(self, moment: datetime, offset: str | None = None) -> str:
        """Only the time of day, to the minute."""
        return f"{moment.astimezone(offset_zone(offset) if offset else self.zone):%H:%M}"

    def local_day(self, moment: datetime, offset: str | None = None) -> str:
        """Only the date, in the zone of ``offset`` or else of the installation."""
        return self.day(moment.astimezone(offset_zone(offset) if offset else self.zone).date())

    def zoned_day(self, moment: datetime, offset: str) -> str:
        """The date and the zone of ``offset``: 13 Nov 2026 · UTC+8."""
        local = moment.astimezone(offset_zone(offset))
        return f"{self.day(local.date())} · {zone_name(local)}"

    def stage(self, moment: datetime) -> str:
        """Date and time of day, for a heading whose zone is told elsewhere."""
        return f"{self.local_day(moment)} {self.clock(moment)}"

    def duration(self, span: timedelta) -> str:
        """A span of time in days and hours, or hours and minutes; no second part that is nothing."""
        minutes = max(0, int(span.total_seconds() // 60))
        days, rest = divmod(minutes, 1440)
        hours, left = divmod(rest, 60)
        if days:
            return self.say("time.days-hours" if hours else "time.days", days=days, hours=hours)
        if hours and not left:
            return self.say("time.hours", hours=hours)
        return self.say("time.hours-minutes", hours=hours, minutes=left)

    def quantity(self, value: float, uom: str | None) -> str:
        """``12 pieces`` or ``3.5 kg``; unknown unit codes stand as they are."""
        if uom is None:
            whole = int(value)
            return (
                self.count("amount.pieces", whole)
                if whole == value
                else self.say("amount.pieces-fraction", n=self.number(value))
            )
        return f"{self.number(value)} {_UNITS.get(uom, uom)}"

    def amount(self, amount: Amount | None) -> str:
        """A held amount, or that it is not known."""
        return self.say("amount.unknown") if amount is None else self.quantity(amount.quantity, amount.uom)

    def period(self, start: datetime, end: datetime) -> str:
        """From when until when, in the zone of the installation; what both have in common is said once."""
        if self.moment(start) == self.moment(end):
            return self.moment(start)
        if self.local_day(start) != self.local_day(end):
            return f"{self.moment(start)} \u2013 {self.moment(end)}"
        local = end.astimezone(self.zone)
        return f"{self.local_day(start)} {self.clock(start)}\u2013{self.clock(end)} {zone_name(local)}"

    def spread(self, low: float, expected: float | None, high: float | None, uom: str | None) -> str:
        """The same in a sentence, with what it is of."""
        if low == high:
            return self.say("spread.exact", amount=self.quantity(low, uom))
        if expected is None or high is None:
            return (
                self.say("spread.unknown")
                if not low
                else self.say("spread.least", amount=self.quantity(low, uom))
            )
        return self.say(
            "spread.between",
            min=self.number(low),
            max=self.quantity(high, uom),
            expected=self.number(_expectation(low, expected, high, uom)),
        )

    def contaminated(self, amount: Contaminated | None) -> str:
        """Minimum, expected and maximum in one phrase."""
        if amount is None:
            return self.say("amount.unknown")
        return self.range(amount.min, amount.expected, amount.max, amount.uom)

    def range(self, low: float, expected: float | None, high: float | None, uom: str | None) -> str:
        """Minimum, expected and maximum, once where all are alike; None is said to be unknown."""
        unknown = self.say("amount.unknown")
        if low == expected == high:
            return self.quantity(low, uom)
        return self.say(
            "amount.range",
            min=self.number(low),
            expected=unknown if expected is None else self.number(_expectation(low, expected, high, uom)),
            max=unknown if high is None else self.quantity(high, uom),
        )

    def joined(self, *texts: str) -> str:
        """The texts that there are, between middle dots."""
        return " · ".join(text for text in texts if text)

    def reason(self, reason: Reason) -> str:
        """The sentence of a verdict's reason.

        The first of the long, the short and the state's own sentence whose places the reason can all fill.
        """
        fields = {name: value for name, value in reason.fields.items() if value not in (None, "", Text())}
        for msgid in (f"reason.{reason.code}", f"reason.{reason.code}.short"):
            if self.knows(msgid) and places(catalogue(self.language).gettext(msgid)) <= fields.keys():
                return self.say(msgid, **fields)
        return self.say(f"verdict.{reason.state}.why")

    def error(self, error: SuyuanError) -> str:
        """What went wrong, in one sentence."""
        return self._template(error.template, error.fields)

    @property
    def gap(self) -> str:
        """What stands between two sentences of a line."""
        return "" if self.language == "zh-CN" else " "

    def sentence(self, error: SuyuanError) -> str:
        """What went wrong, closed by a full stop: for where the remedy follows in the same line."""
        text = self.error(error)
        return text if text.endswith(_CLOSED) else text + self.say("sentence.stop")

    def problem(self, problem: Problem) -> str:
        """What is doubtful or wrong in data, and what can be done about it."""
        told = InvalidInput(problem.template, remedy=problem.remedy, **dict(problem.fields))
        return self.gap.join(filter(None, (self.sentence(told), self.remedy(told))))

    def remedy(self, error: SuyuanError) -> str:
        """What the reader can do about it; empty where the error does not say."""
        return self._template(error.remedy, error.fields) if error.remedy else ""

    def _template(self, template: str, fields: Mapping[str, object]) -> str:
        text = catalogue(self.language).gettext(template)
        return text.format_map(self._spoken(fields)) if fields else text

    def _spoken(self, fields: Mapping[str, object]) -> _Fields:
        spoken = {name: self._value(value) for name, value in fields.items()}
        if "ai" in fields and "name" in fields:  # the standard's English name of a part of a code
            spoken["name"] = (
                self.term("ai", str(fields["ai"])) if self.knows(f"ai.{fields['ai']}") else fields["name"]
            )
        for field in _WORDS & fields.keys():
            spoken[field] = self.term(field, str(fields[field]))
        for field in _PHRASES & fields.keys():
            spoken[field] = self._phrase(spoken[field])
        return _Fields(spoken)

    def _phrase(self, phrase: object) -> object:
        """What an error says in English of characters, parts and numbers; what is no such phrase stays."""
        if not isinstance(phrase, str) or not phrase:
            return phrase
        if _NUMBERS.fullmatch(phrase):
            for english, msgid in ((", ", "list.comma"), (" or ", "list.or"), (" to ", "list.to")):
                phrase = phrase.replace(english, self.say(msgid))
            return phrase
        return catalogue(self.language).gettext(phrase)

    def _value(self, value: object) -> object:
        match value:
            case Text():
                return self.text(value)
            case datetime():
                return self.moment(value)
            case date():
                return self.day(value)
            case _:
                return value
