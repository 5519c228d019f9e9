"""Recalls for everybody: the list with its search, each notice, and the feed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape, quoteattr

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.consumer import PAGES
from suyuan.portal.language import CHINA_TIME, Speech
from suyuan.portal.rendering import Page, render
from suyuan.portal.shopper.files import assets_path
from suyuan.portal.shopper.services import House, Shopping
from suyuan.trace.errors import InvalidInput, NotFound
from suyuan.trace.recall.bulletin import Bulletin, DayOf, RecalledLot
from suyuan.trace.recall.passport import RecallNotice

PATH = "/recalls"
_LONGEST = 200
_MOST = 100  # of a list, before the reader is asked to search
_CACHE = "public, max-age=5"  # what stops is to be seen within seconds


@dataclass(frozen=True, slots=True)
class Sought:
    """The search as typed. ``day_of`` says what the date is of: "made" or "bought"."""

    text: str = ""
    typed_day: str = ""
    day_of: DayOf = "made"
    day: date | None = None
    errors: Mapping[str, InvalidInput] = field(default_factory=dict[str, InvalidInput])

    @property
    def asks(self) -> bool:
        """Whether anything is asked for, rightly."""
        return bool(self.text or self.day) and not self.errors

    def lots(self, bulletin: Bulletin) -> Sequence[RecalledLot]:
        """The lots of a notice that it means."""
        return bulletin.lots_like(self.text, self.day, self.day_of) if self.asks else bulletin.lots


def routes(house: House, shopping: Shopping) -> list[BaseRoute]:
    """The list, a notice, the feed."""
    return [
        Route(PATH, _list(house, shopping), methods=["GET"]),
        Route(f"{PATH}/feed", _feed(house, shopping), methods=["GET"]),
        Route(f"{PATH}/{{number}}", _notice(shopping), methods=["GET"]),
    ]


def bulletin_numbered(shopping: Shopping, number: str) -> Bulletin:
    """The public notice of a case; a case that is not public is as absent as one that never was."""
    for bulletin in shopping.bulletins():
        if bulletin.number == number:
            return bulletin
    raise NotFound(
        "No recall of the number {number} was published here",
        where="number",
        number=number[:40],
        remedy="Compare the number with the notice, or look through the list of recalls.",
    )


def page_of_lot(lot: RecalledLot) -> str:
    """The path of a lot's own page."""
    return PAGES + urlsplit(lot.link).path


def told(bulletin: Bulletin, public_url: str) -> dict[str, object]:
    """A notice as JSON."""
    notice = bulletin.notice
    return {
        "number": bulletin.number,
        "kind": notice.kind,
        "in_force": bulletin.in_force,
        "title": _both(notice.title),
        "reason": _both(notice.reason),
        "what_to_do": _both(notice.what_to_do),
        "contact": notice.contact,
        "published_at": notice.published_at.isoformat(timespec="seconds"),
        "ended_at": None if notice.ended_at is None else notice.ended_at.isoformat(timespec="seconds"),
        "page": f"{public_url}{PATH}/{quote(bulletin.number)}",
        "lots": [
            {
                "link": lot.link,
                "gtin": lot.gtin or None,
                "name": _both(lot.product),
                "lot": lot.lot,
                "production_date": None if lot.made is None else lot.made.isoformat(),
                "last_day": None if lot.last_day is None else lot.last_day.isoformat(),
            }
            for lot in bulletin.lots
        ],
        "more_lots": bulletin.more_lots,
        "single_items": bulletin.single_items,
        "all_listed": bulletin.all_listed,
    }


def _both(text: Any) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _list(house: House, shopping: Shopping) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        sought = _sought(request)
        every = shopping.bulletins()
        found = (
            [b for b in every if b.may_mean(sought.text, sought.day, sought.day_of)] if sought.asks else every
        )
        context: dict[str, Any] = {
            "sought": sought,
            "current": [bulletin for bulletin in found if bulletin.in_force][:_MOST],
            "past": [bulletin for bulletin in found if not bulletin.in_force][:_MOST],
            "left_out": max(0, sum(bulletin.in_force for bulletin in found) - _MOST),
            "today": house.now().astimezone(CHINA_TIME).date().isoformat(),
            "page_of_lot": page_of_lot,
            "shopper_sheet": f"{assets_path()}/shopper.css",
        }
        status = 400 if sought.errors else 200
        return render(Page.of(request), "recalls.html", context, status=status, cache_control=_CACHE)

    return handler


def _sought(request: Request) -> Sought:
    query = request.query_params
    text, typed = query.get("q", "").strip(), query.get("day", "").strip()[:40]
    day_of: DayOf = "bought" if query.get("of") == "bought" else "made"
    errors: dict[str, InvalidInput] = {}
    if len(text) > _LONGEST:
        errors["q"] = InvalidInput("The code is longer than {limit} characters", where="q", limit=_LONGEST)
    day = None
    if typed:
        try:
            day = date.fromisoformat(typed)
        except ValueError:
            errors["day"] = InvalidInput(
                "{given} is not a date; write it as 2026-11-21", where="day", given=typed
            )
    return Sought(text[:_LONGEST], typed, day_of, day, errors)


def _notice(shopping: Shopping) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        bulletin = bulletin_numbered(shopping, request.path_params["number"])
        context: dict[str, Any] = {
            "bulletin": bulletin,
            "page_of_lot": page_of_lot,
            "shopper_sheet": f"{assets_path()}/shopper.css",
        }
        return render(Page.of(request), "recall-notice.html", context, cache_control=_CACHE)

    return handler


def _feed(house: House, shopping: Shopping) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        page = Page.of(request)
        every = list(shopping.bulletins())[:_MOST]
        body = "".join(
            _atom(every, page.speech, shopping.public_url, house.now().isoformat(timespec="seconds"))
        )
        headers = {"Cache-Control": "public, max-age=60", "Vary": "Accept-Language"}
        return Response(body, media_type="application/atom+xml", headers=headers)

    return handler


def _atom(bulletins: Sequence[Bulletin], speech: Speech, url: str, now: str) -> Iterator[str]:
    """RFC 4287. An entry's id is its page, which never changes; ``updated`` is its newest act."""
    home = f"{url}{PATH}?lang={speech.language}"
    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    yield f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{speech.language}">'
    yield f"<id>{escape(url + PATH)}</id><title>{escape(speech.say('recalls.title'))}</title>"
    yield f"<author><name>{escape(speech.say('brand.name'))}</name></author>"
    yield f"<link href={quoteattr(home)}/>"
    yield f'<link rel="self" href={quoteattr(f"{url}{PATH}/feed?lang={speech.language}")}/>'
    yield f"<updated>{max((_updated(b.notice) for b in bulletins), default=now)}</updated>"
    for bulletin in bulletins:
        notice, page = bulletin.notice, f"{url}{PATH}/{quote(bulletin.number)}"
        kind = speech.say(f"notice.{notice.kind}")
        summary = speech.gap.join(filter(None, map(speech.text, (notice.reason, notice.what_to_do))))
        yield f"<entry><id>{escape(page)}</id><link href={quoteattr(f'{page}?lang={speech.language}')}/>"
        yield f"<title>{escape(_clean(f'{kind} {bulletin.number}: {speech.text(notice.title)}'))}</title>"
        yield f"<published>{notice.published_at.isoformat(timespec='seconds')}</published>"
        yield f"<updated>{_updated(notice)}</updated><summary>{escape(_clean(summary))}</summary></entry>"
    yield "</feed>\n"


def _updated(notice: RecallNotice) -> str:
    return (notice.ended_at or notice.published_at).isoformat(timespec="seconds")


def _clean(text: str) -> str:
    """``text`` without the control characters that XML 1.0 cannot hold."""
    return "".join(one for one in text if one.isprintable() or one in "\n\t")
