"""The phone: the page that works offline once it was opened, its files, and a form that needs no script.

The page holds no data: what a phone knows stands in its own store, and what it says is signed with its own
key. So the page is public and may be kept by the browser.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from types import MappingProxyType
from typing import Protocol

import orjson
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.device_pages import MOST_PLACES
from suyuan.portal.language import LANGUAGES, Speech
from suyuan.portal.rendering import STYLESHEETS, Page, render, stylesheet
from suyuan.portal.services import Label, Principal
from suyuan.trace.errors import InvalidInput, NotAllowed, NotFound, SuyuanError

PATH = "/phone"
STEPS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "receive": ("receiving", "in_progress"),
        "stock": ("stocking", "sellable_accessible"),
        "sell": ("retail_selling", "retail_sold"),
        "withdraw": ("removing", "sellable_not_accessible"),
    }
)
"""What can be done with a phone: bizStep and disposition of the event (CBV 2.0 §7.1, §7.2)."""

WORDS = (
    "action.receive", "action.stock", "action.sell", "action.withdraw", "action.look-up",
    "done.receive", "done.stock", "done.sell", "done.withdraw", "done.reject", "done.undo",
    "verdict.sell", "verdict.stop", "verdict.cannot-decide",
    "offline.none", "offline.recalled", "offline.held", "offline.carries", "offline.fine", "offline.no-list",
    "kind.item", "kind.lot", "kind.unit", "kind.product",
    "fact.product", "fact.lot", "fact.serial", "fact.last-day", "fact.code", "fact.stopped-lots",
    "add", "add-anyway", "remove", "finish",
    "lot-code", "quantity", "quantity.bad", "lot.bad", "uom.KGM", "uom.pieces",
    "expected", "expected.none", "expected.offline", "expected.ok", "expected.missing", "expected.damaged",
    "accept", "accept-exception", "reject", "reject.why", "reason.missing",
    "state.online", "state.offline", "state.queue", "state.refused", "state.list", "state.list-none",
    "state.list-old", "state.list-unverified", "state.list-bad", "state.clock",
    "error.device-revoked", "error.device-doubled", "error.device-unknown", "error.clock-wrong",
    "error.device-token-wrong", "error.enrolment-code-mistyped", "error.enrolment-code-unknown",
    "error.enrolment-code-used", "error.enrolment-code-expired", "error.enrolment-code-kind",
    "error.too-many-codes", "error.device-key-in-use", "error.too-large", "error.photo-unreadable",
    "error.no-symbol", "error.busy", "error.not-allowed", "error.not-stored", "error.no-crypto",
    "error.no-server", "error.server", "error.not-a-code", "error.check-digit", "error.own-code",
    "error.short-link",
    "error.slow", "error.later", "camera.refused", "not-goods", "time.ago",
    "may.receive", "may.stock", "may.sell", "may.withdraw", "may.look-up", "no-lot-stopped",
    "refused.what", "refused.epcis-invalid", "refused.too-large", "refused.understood", "refused.filed",
    "enrol-unsent", "apart", "apart.why", "apart.save",
    "apart.discard", "apart.discard-why", "apart.discard-now",
)  # fmt: skip
"""The texts that the script speaks, below ``phone.`` in the catalogues."""

MOST_LINES = 200
_FILES = ("phone.js", "enrol.js", "store.js", "device.js", "codes.js", "blocklist.js", "events.js",
          "kept.js", "page.js", "queue.js", "scan.js", "words.js",
          "icon.svg", "icon-192.png", "icon-512.png")  # fmt: skip
_MEDIA_TYPES = {"js": "text/javascript", "svg": "image/svg+xml", "png": "image/png"}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_AMOUNT = re.compile(
    r"(.*\S)\s+([0-9]{1,6}(?:[.,][0-9]{1,3})?)\s*(?:kg|\u516c\u65a4|\u5343\u514b)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Line:
    """A typed code with its amount, if one was given; ``uom`` is a UN/ECE Recommendation 20 code."""

    code: str
    quantity: float | None = None
    uom: str = "KGM"


class PhoneDesk(Protocol):
    """The services behind the form without script."""

    def places(self, by: Principal) -> Sequence[Label]:
        """The places at which ``by`` may say that something happened."""
        ...

    def record(self, by: Principal, step: str, place: str, lines: Sequence[Line]) -> str:
        """Store what was typed as one event; returns its eventID."""
        ...


@cache
def static_files() -> Mapping[str, bytes]:
    """The phone's own files."""
    folder = files("suyuan.portal") / "static" / "phone"
    return {name: (folder / name).read_bytes() for name in _FILES}


@cache
def assets_path() -> str:
    """Where they are served; the path changes with the content, so that they may be kept for ever."""
    digest = sha256()
    for name, content in static_files().items():
        digest.update(name.encode() + b"\0" + sha256(content).digest())
    return f"/assets/phone/{digest.hexdigest()[:12]}"


@cache
def worker() -> bytes:
    """The service worker, which knows by name all that the page needs offline."""
    source = (files("suyuan.portal") / "static" / "phone" / "worker.js").read_bytes()
    pages = [PATH, *(f"{PATH}?lang={language}" for language in LANGUAGES)]
    sheets = (stylesheet(name)[0] for name in STYLESHEETS)
    kept = [*pages, *sheets, *(f"{assets_path()}/{name}" for name in _FILES)]
    words = b"".join(_words(Speech(language)).encode() for language in LANGUAGES)
    version = sha256(source + orjson.dumps(kept) + words + _template()).hexdigest()[:12]
    head = f"const VERSION = {orjson.dumps(version).decode()};\nconst KEPT = {orjson.dumps(kept).decode()};\n"
    return head.encode() + source


def routes(desk: PhoneDesk) -> list[BaseRoute]:
    """The pages, the worker, the manifest, the files, and the form."""

    async def filled(request: Request) -> Response:
        form = await request.form()
        values = {name: str(form.get(name, ""))[:20_000] for name in ("step", "place", "codes")}
        return await run_in_threadpool(_filled, request, desk, values)

    def typed(request: Request) -> Response:
        step = request.query_params.get("step", "receive")
        return _typed(request, desk, {"step": step, "place": "", "codes": ""})

    return [
        Route(PATH, _phone, methods=["GET"]),
        Route("/enrol", _enrol, methods=["GET"]),
        Route(PATH + "/worker.js", _worker, methods=["GET"]),
        Route(PATH + "/manifest.webmanifest", _manifest, methods=["GET"]),
        Route(PATH + "/typed", typed, methods=["GET"]),
        Route(PATH + "/typed", filled, methods=["POST"]),
        Route("/assets/phone/{version}/{name}", _asset, methods=["GET"]),
    ]


def read_lines(text: str) -> Sequence[Line]:
    """One code for each line that is not empty, with the weight behind it if there is one.

    Raises:
        InvalidInput: nothing, or more than one event should hold.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise InvalidInput("Type at least one code", where="codes")
    if len(lines) > MOST_LINES:
        raise InvalidInput(
            "There are {count} lines; at most {most} are taken at once",
            where="codes",
            count=len(lines),
            most=MOST_LINES,
        )
    return [_line(line) for line in lines]


def _line(text: str) -> Line:
    found = _AMOUNT.fullmatch(text)
    # Digits in groups are one number, as printed under a symbol, not a code and a weight.
    if found is None or not re.search(r"[^0-9\s-]", found[1]):
        return Line(text)
    amount = float(found[2].replace(",", "."))
    return Line(found[1], amount) if amount > 0 else Line(text)


def _phone(request: Request) -> Response:
    return _shell(request, "phone/phone.html")


def _enrol(request: Request) -> Response:
    return _shell(request, "phone/enrol.html")


def _shell(request: Request, template: str) -> Response:
    page = Page.of(request)
    context = {"assets": assets_path(), "words": Markup(_words(page.speech)), "steps": tuple(STEPS)}  # noqa: S704 (escaped by _words)
    return render(page, template, context, cache_control="no-cache")


def _words(speech: Speech) -> str:
    """The texts of the script as JSON that may stand in a page."""
    told = {"language": speech.language, **{word: speech.say(f"phone.{word}") for word in WORDS}}
    return orjson.dumps(told).decode().replace("<", "\\u003c")


def _template() -> bytes:
    return (files("suyuan.portal") / "templates" / "phone" / "phone.html").read_bytes()


def _worker(_request: Request) -> Response:
    headers = {"Service-Worker-Allowed": PATH, "Cache-Control": "no-cache"}
    return Response(worker(), media_type="text/javascript", headers=headers)


def _manifest(request: Request) -> Response:
    speech = Page.of(request).speech
    icons = [
        {"src": f"{assets_path()}/icon-{side}.png", "sizes": f"{side}x{side}", "type": "image/png"}
        for side in (192, 512)
    ]
    told = {
        "id": PATH,
        "name": speech.say("phone.app"),
        "short_name": speech.say("phone.app-short"),
        "lang": speech.language,
        "start_url": Page.of(request).link(PATH),
        "scope": PATH,
        "display": "standalone",
        "background_color": "#f5f7f4",
        "theme_color": "#0b5a3c",
        "icons": icons,
    }
    return Response(
        orjson.dumps(told), media_type="application/manifest+json", headers={"Cache-Control": "no-cache"}
    )


def _asset(request: Request) -> Response:
    name: str = request.path_params["name"]
    if not request.url.path.startswith(assets_path() + "/") or name not in _FILES:
        raise NotFound("There is no file of this name here")
    return Response(static_files()[name], media_type=_MEDIA_TYPES[name.rpartition(".")[2]], headers=_FOR_EVER)


def _by(request: Request) -> Principal | None:
    """Who is signed in and may say what happened in a company's name."""
    found = Page.of(request).principal
    if found is not None and found.role not in ("company", "administrator"):
        raise NotAllowed("{name} is a {role} and may not do this", name=found.name, role=found.role)
    return found


def _typed(
    request: Request, desk: PhoneDesk, values: Mapping[str, str], error: SuyuanError | None = None
) -> Response:
    by = _by(request)
    if by is None:
        return RedirectResponse(f"/sign-in?next={PATH}/typed", status_code=303)
    step = values["step"] if values["step"] in STEPS else "receive"
    context = {
        "places": desk.places(by),
        "most_places": MOST_PLACES,
        "values": {**values, "step": step},
        "steps": tuple(STEPS),
        "error": error,
        "done": request.query_params.get("done", "") if request.method == "GET" else "",
    }
    status = error.status if error else 200
    return render(Page.of(request), "phone/typed.html", context, status=status)


def _filled(request: Request, desk: PhoneDesk, values: Mapping[str, str]) -> Response:
    by = _by(request)
    if by is None:
        return RedirectResponse(f"/sign-in?next={PATH}/typed", status_code=303)
    try:
        _check_step(values["step"])
        lines = read_lines(values["codes"])
        desk.record(by, values["step"], values["place"], lines)
    except (InvalidInput, NotAllowed) as error:
        return _typed(request, desk, values, error)
    path = Page.of(request).link(PATH + "/typed", step=values["step"], done=len(lines))
    return RedirectResponse(path, status_code=303)


def _check_step(step: str) -> None:
    if step not in STEPS:
        raise InvalidInput("Choose what was done", where="step")
