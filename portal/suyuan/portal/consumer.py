"""The pages a shopper sees: the front page, the look-up, and the passport of an item, lot or unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from suyuan.portal import looking_up
from suyuan.portal.compressing import compressed
from suyuan.portal.curve import curve
from suyuan.portal.language import Speech
from suyuan.portal.lookup import parts
from suyuan.portal.nameplate import nameplate_page
from suyuan.portal.rendering import Page, render
from suyuan.portal.river import River, river
from suyuan.portal.services import House
from suyuan.portal.shopper.files import assets_path
from suyuan.portal.shopper.tools import tools_of
from suyuan.portal.tiled.places import MAP, is_on_map
from suyuan.portal.tiled.source import TileSource
from suyuan.readers.symbol import render_qr
from suyuan.trace.checks.facts import Point
from suyuan.trace.errors import InvalidInput, NotFound
from suyuan.trace.recall.allergens import GROUPS
from suyuan.trace.recall.passport import JourneyStep, Passport, Reason, Text, Verdict, VerdictState
from suyuan.trace.recall.temperature import is_kept_cold
from suyuan.trace.scan.look import Look
from suyuan.trace.scan.proof import is_tap
from suyuan.trace.scan.visitor import is_ahead, is_early, is_scan

PAGES = "/p"
"""Pages of goods stand below this path: where a Digital Link itself leads, the resolver says."""

# The fixed meaning of the colours. Colour never stands alone: every state has its own sign and word.
TONES = {
    VerdictState.RECALLED: "stop",
    VerdictState.DESTROYED: "stop",
    VerdictState.SUSPICIOUS: "stop",
    VerdictState.HELD: "stop",
    VerdictState.EXPIRED: "stop",
    VerdictState.WITHDRAWN: "attention",
    VerdictState.RESOLD: "attention",
    VerdictState.ATTENTION: "attention",
    VerdictState.VERIFIED: "verified",
    VerdictState.SOLD: "registered",
    VerdictState.REGISTERED: "registered",
    VerdictState.UNKNOWN: "unknown",
}
_GTIN, _LOT, _SERIAL, _SSCC = "01", "10", "21", "00"
# The part that a reason speaks of: of a Digital Link, or of an own link.
_AT_FAULT = {"wrong-lot": {_LOT, "lot"}, "not-commissioned": {_SERIAL, "serial"}}
_LISTED_EVIDENCE = 12
_NOT_KEPT = {"Cache-Control": "no-store"}
# Dispositions that tell a shopper something which the step does not say already.
TELLING = frozenset(
    {"conformant", "non_conformant", "damaged", "expired", "recalled", "destroyed", "disposed", "returned"}
    | {"stolen", "non_sellable_other", "no_pedigree_match"}
)


@dataclass(frozen=True, slots=True)
class Stop:
    """A stay at one place: its steps in the order of time, by local day."""

    place: Text
    city: Text
    party: Text
    days: tuple[tuple[str, tuple[JourneyStep, ...]], ...]
    near: Point | str


@dataclass(frozen=True, slots=True)
class CodePart:
    """One part of a code for the reader: ``fault`` where it is what is wrong or unknown."""

    ai: str
    value: str
    fault: bool


def stops(journey: Sequence[JourneyStep], speech: Speech) -> Iterator[Stop]:
    """The journey grouped into consecutive stays, and each of them into days with their zone."""

    def day(step: JourneyStep) -> str:
        return speech.zoned_day(step.time, step.time_zone_offset)

    for (place, city, party, near), steps in groupby(
        _stays(journey), key=lambda step: (step.place, step.city, step.party, step.near)
    ):
        days = tuple((name, tuple(found)) for name, found in groupby(steps, key=day))
        yield Stop(place, city, party, days, near)


def _stays(journey: Sequence[JourneyStep]) -> Iterator[JourneyStep]:
    """The steps, those without a place (it leaves) set to the place where the same party had it before."""
    last: JourneyStep | None = None
    for step in journey:
        leaves = step.place == Text() and step.city == Text()
        if leaves and last is not None and last.party == step.party:
            yield replace(step, place=last.place, city=last.city, near=last.near)
        else:
            last = step
            yield step


def missing_facts(passport: Passport) -> list[str]:
    """The names (of the catalogue) of the facts that this page would show if anyone had recorded them."""
    product = passport.product
    expected: list[tuple[str, object]] = [
        ("checks", passport.checks),
        ("journey", passport.journey),
        ("origins", passport.origins),
        ("producer", passport.producer),
        ("ingredients", product and (product.ingredients.zh or product.ingredients.en)),
        ("allergens", product and (product.allergens.zh or product.allergens.en)),
        ("storage", product and (product.storage.zh or product.storage.en)),
    ]
    if product and is_kept_cold(product.storage):
        expected.append(("temperature", passport.temperature))
    if passport.kind != "unit":
        expected.insert(0, ("production-date", passport.production_date))
        expected.insert(1, ("best-before", passport.best_before_date or passport.expiration_date))
    return [name for name, fact in expected if not fact]


def flow(passport: Passport, stays: Sequence[Stop], speech: Speech) -> River | None:
    """The picture of where it is from and went: what went in, then the stays, each under its city."""

    def named(*texts: Text) -> tuple[str, str]:
        told = list(dict.fromkeys(found for found in map(speech.text, texts) if found))
        return (told[0], speech.joined(*told[1:])) if told else (speech.say("place.unknown"), "")

    springs = [
        (speech.text(one.product) or speech.say("kind.lot"), named(one.place, one.party)[0])
        for one in passport.origins
    ]
    stood = [named(one.city, one.place, one.party) for one in stays]
    return river(springs, stood, speech.say("river.more"))


def shelf_life(passport: Passport) -> tuple[str, date] | None:
    """The date that ends the shelf life and the name of its kind."""
    if passport.expiration_date is not None:
        return "expiration", passport.expiration_date
    if passport.best_before_date is not None:
        return "best-before", passport.best_before_date
    return None


def passport_page(request: Request, house: House, link: str, scanned: Passport | None = None) -> Response:
    """The page of ``link`` (a Digital Link path); the verdict *unknown* where there is none.

    ``scanned`` is what this request's look found out already: a tap that is looked at twice is no fresh one.
    """
    return compressed(request, _page_of(request, house, link, scanned))


def _page_of(request: Request, house: House, link: str, scanned: Passport | None) -> Response:
    page, look = Page.of(request), look_of(request, house)
    if is_tap(look.query) and is_early(request.headers):
        return refused_early()
    try:
        plate = house.nameplate(link)
        if plate is not None:
            return nameplate_page(page, plate)
        passport = scanned or house.scanned(link, look)
    except NotFound as unknown:
        return _unknown(page, look.time, link, unknown, status=404)
    except InvalidInput as wrong:
        return _unknown(page, look.time, link, wrong, status=400)
    status = 404 if passport.verdict.state is VerdictState.UNKNOWN else 200
    answer = page_of_passport(page, passport, link, house.tiles, status=status)
    if is_tap(look.query):
        answer.headers.update(_NOT_KEPT)  # a tap is good for one page
    return answer


def refused_early() -> Response:
    """For a browser that fetches ahead what it would show: refused, it asks again when somebody comes."""
    return Response(status_code=503, headers=_NOT_KEPT)


def page_of_passport(
    page: Page, passport: Passport, link: str, tiles: TileSource | None, *, status: int = 200
) -> Response:
    """The page of a passport, for whoever makes it ahead (:mod:`suyuan.api.passports`) too.

    However a code came here, the page leads to itself below :data:`PAGES`: one page for all ways to it.
    """
    page = replace(page, path=f"{PAGES}{link}")
    return _passport(page, passport, link, None, status=status, tiles=tiles)


def page_of_absence(page: Page, link: str, unknown: NotFound, now: datetime) -> Response:
    """The page of a code that nothing is on record of, likewise."""
    return _unknown(page, now, link, unknown, status=404)


def look_of(request: Request, house: House) -> Look:
    """What of a request says something about the code that was scanned."""
    method, headers = request.method, request.headers
    return Look(
        house.now(),
        request.url.query,
        "" if request.client is None else request.client.host,
        headers.get("user-agent", ""),
        ahead=is_ahead(method, headers),
        is_scan=is_scan(method, headers),
    )


def _unknown(
    page: Page, now: datetime, link: str, error: NotFound | InvalidInput, *, status: int
) -> Response:
    verdict = Verdict(VerdictState.UNKNOWN, (Reason(VerdictState.UNKNOWN, "no-record"),), now)
    empty = Passport(key=link, digital_link="", kind="other", verdict=verdict)
    return _passport(page, empty, link, error, status=status)


def _passport(
    page: Page,
    passport: Passport,
    link: str,
    error: NotFound | InvalidInput | None,
    *,
    status: int,
    tiles: TileSource | None = None,
) -> Response:
    speech = page.speech

    def span(seconds: float) -> str:
        return speech.duration(timedelta(seconds=seconds))

    def written_day(day: str) -> str:
        try:
            return speech.day(date.fromisoformat(day))
        except ValueError:
            return day

    verdict = passport.verdict
    sentences = [speech.reason(reason) for reason in verdict.reasons]
    if error is not None and isinstance(error, InvalidInput):
        sentences = [speech.say("verdict.unknown.malformed")]
    stays = list(stops(passport.journey, speech))
    life = shelf_life(passport)
    measured = passport.temperature
    context = {
        "passport": passport,
        "river": flow(passport, stays, speech),
        "tiles": tiles if tiles and is_on_map(passport) else None,
        "map_at": f"{MAP}{link}",
        "curve": None if measured is None else curve(measured),
        "span": span,
        "written_day": written_day,
        "allergen_groups": GROUPS,
        "state": verdict.state.value,
        "tone": TONES[verdict.state],
        "why": sentences[0] if sentences else speech.say(f"verdict.{verdict.state}.why"),
        "also": [
            (TONES[reason.state], reason.state.value, text)
            for reason, text in zip(verdict.reasons[1:], sentences[1:], strict=False)
        ],
        "error": error,
        "code_parts": code_parts(link, passport, error),
        "stops": stays,
        "shelf_life": life,
        "tools": tools_of(passport, link, life[1] if life else None),
        "allergens_script": f"{assets_path()}/allergens.js",
        "telling": TELLING,
        "missing": missing_facts(passport),
        "listed_evidence": passport.evidence[:_LISTED_EVIDENCE],
        "qr": f"/qr{link}" if passport.digital_link else "",
    }
    return render(page, "passport.html", context, status=status, cache_control="no-cache")


def code_parts(link: str, passport: Passport, error: NotFound | InvalidInput | None) -> list[CodePart]:
    """The parts of the code; for an unknown one with the part that is at fault marked."""
    pairs = parts(link)
    at_fault: set[str] = set()
    if error is not None:
        named = {unquote(ai) for ai in error.where.split("/")}  # one, or several where their order is wrong
        at_fault = {ai for ai, _ in pairs if ai in named} or {ai for ai, _ in pairs[:1] if len(pairs) == 1}
    elif passport.verdict.state is VerdictState.UNKNOWN:
        told = [_AT_FAULT[reason.code] for reason in passport.verdict.reasons if reason.code in _AT_FAULT]
        at_fault = set[str]().union(*told)
    return [CodePart(ai, value, ai in at_fault) for ai, value in pairs]


def request_link(request: Request) -> str:
    """The path as it was sent, still percent-encoded: a serial may contain a slash."""
    raw: object = request.scope.get("raw_path")
    path = raw.decode("ascii", "replace") if isinstance(raw, bytes) else quote(request.url.path)
    return path.split("?", 1)[0].rstrip("/")


def routes(house: House) -> list[BaseRoute]:
    """Front page, look-up, pages of goods and their QR symbols."""

    def front(request: Request) -> Response:
        return render(
            Page.of(request),
            "front.html",
            {"typed": "", "error": None, "meant": None},
            cache_control="no-cache",
        )

    def passport(request: Request) -> Response:
        return passport_page(request, house, request_link(request).removeprefix(PAGES))

    def qr(request: Request) -> Response:
        link = house.passport(request_link(request).removeprefix("/qr")).digital_link
        headers = {"Cache-Control": "public, max-age=86400"}
        return Response(render_qr(link), media_type="image/svg+xml", headers=headers)

    return [
        Route("/", front, methods=["GET"]),
        *looking_up.routes(house),
        Route(f"{PAGES}/{{rest:path}}", passport, methods=["GET"]),
        Route("/other/{rest:path}", passport, methods=["GET"]),
        Route("/qr/{path:path}", qr, methods=["GET"]),
    ]
