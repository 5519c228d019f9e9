"""The verdict of a code in few words, for the screen of a shop, a fridge and programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from suyuan.portal.consumer import PAGES, TONES, shelf_life
from suyuan.portal.language import LANGUAGES, Speech
from suyuan.portal.services import House
from suyuan.trace.errors import NotFound
from suyuan.trace.recall.passport import Passport, Reason, RecallNotice, Verdict, VerdictState
from suyuan.trace.scan.look import Look

_IN_FORCE = ("recall", "hold", "warning")


@dataclass(frozen=True, slots=True)
class Answer:
    """A passport, and why there is none where nothing is on record."""

    passport: Passport
    error: NotFound | None = None

    @property
    def state(self) -> str:
        """The word of the state."""
        return self.passport.verdict.state.value

    @property
    def tone(self) -> str:
        """The colour of the state."""
        return TONES[self.passport.verdict.state]

    @property
    def last_day(self) -> date | None:
        """The day that ends its shelf life."""
        found = shelf_life(self.passport)
        return None if found is None else found[1]

    @property
    def in_force(self) -> tuple[RecallNotice, ...]:
        """Recalls, holds and warnings that were not lifted."""
        return tuple(notice for notice in self.passport.notices if notice.kind in _IN_FORCE)

    def why(self, speech: Speech) -> list[str]:
        """The sentences of the verdict, the first one the headline's."""
        verdict = self.passport.verdict
        if self.error is not None:
            return [speech.sentence(self.error)]
        return [speech.reason(reason) for reason in verdict.reasons] or [
            speech.say(f"verdict.{verdict.state}.why")
        ]


def answer(house: House, link: str, look: Look) -> Answer:
    """What is to be said of the thing of ``link``; ``look`` says whether somebody holds it before a reader.

    Raises:
        InvalidInput: the code cannot be right; says which part.
    """
    try:
        passport = house.scanned(link, look)
    except NotFound as error:
        verdict = Verdict(VerdictState.UNKNOWN, (Reason(VerdictState.UNKNOWN, "no-record"),), house.now())
        return Answer(Passport(key=link, digital_link="", kind="other", verdict=verdict), error)
    return Answer(passport)


def told(found: Answer, link: str) -> dict[str, object]:
    """The answer as JSON: no more than a shopper reads on the page of ``link`` (decision 0036)."""
    passport, product = found.passport, found.passport.product
    return {
        "state": found.state,
        "tone": found.tone,
        "word": _both(lambda speech: speech.say(f"verdict.{found.state}.word")),
        "sentence": _both(lambda speech: found.why(speech)[0]),
        "checked_at": passport.verdict.checked_at.isoformat(timespec="seconds"),
        "page": f"{PAGES}{link}",
        "link": passport.digital_link,
        "kind": passport.kind,
        "name": {"zh": product.name.zh, "en": product.name.en} if product else {"zh": "", "en": ""},
        "lot": passport.lot,
        "serial": passport.serial,
        "production_date": _day(passport.production_date),
        "last_day": _day(found.last_day),
        "days_left": passport.days_left,
        "recalls": list(dict.fromkeys(notice.number for notice in found.in_force)),
    }


def _both(spoken: Callable[[Speech], str]) -> Mapping[str, str]:
    return dict(zip(("zh", "en"), (spoken(Speech(language)) for language in LANGUAGES), strict=True))


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
