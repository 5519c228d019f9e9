"""Devices in the console: who works with which station or phone, a code for the next one, an end to one."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.doors import principal_of
from suyuan.portal.rendering import Page, render
from suyuan.portal.services import House, Principal
from suyuan.readers.symbol import render_qr
from suyuan.trace.errors import InvalidInput, NotAllowed, SuyuanError
from suyuan.trace.store.devices import Device
from suyuan.trace.store.enrolment import Enrolment
from suyuan.trace.store.station_numbers import MOST_TOLD, REPEATED_FOR, Standing

PATH = "/console/devices"
AWAY_AFTER = timedelta(minutes=10)  # a station asks every few seconds
SILENT_AFTER = timedelta(hours=24)  # a station may have nothing to tell for a night
CLOCK_WRONG_S = 30
MOST_MISSING = 5  # ranges shown of one station; the interface for programs tells more
MOST_PLACES = 300  # in a list to choose from; who has more types the code of the place
_FIELDS = ("kind", "name", "place")


class DeviceDesk(Protocol):
    """The services behind these pages."""

    def devices(self, by: Principal) -> Sequence[Device]:
        """The devices that ``by`` answers for."""
        ...

    def stations(self, by: Principal) -> Sequence[Standing]:
        """What came of the stations that ``by`` answers for, by their numbers."""
        ...

    def open_codes(self, by: Principal) -> Sequence[Enrolment]:
        """The codes that may still be used."""
        ...

    def places(self, by: Principal) -> Sequence[tuple[str, str]]:
        """The places to choose from, each with its party."""
        ...

    def make_code(self, by: Principal, *, kind: str, name: str, place: str) -> tuple[str, str, Enrolment]:
        """A one-time code as link and as text, and what is known of it."""
        ...

    def revoke(self, by: Principal, device_id: str) -> Device:
        """End a device's right."""
        ...


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as it was sent, with what is wrong with it."""

    values: dict[str, str]
    error: SuyuanError | None = None


def state_of(device: Device, now: datetime) -> str:
    """The one word about a device: revoked, doubled, never (seen), away, clock, or well."""
    if device.revoked is not None:
        return "revoked"
    if device.doubled is not None:
        return "doubled"
    if device.last_seen is None:
        return "never"
    if abs(device.clock_offset or 0) > CLOCK_WRONG_S:
        return "clock"
    return "away" if now - device.last_seen > AWAY_AFTER else "well"


def state_of_numbers(station: Standing, now: datetime) -> str:
    """The one word about what came of a station: repeated, missing, silent, or whole."""
    if station.repeated is not None and now - station.repeated < REPEATED_FOR:
        return "repeated"
    if station.overdue(now):
        return "missing"
    return "silent" if now - station.heard > SILENT_AFTER else "whole"


def routes(house: House, desk: DeviceDesk, now: Callable[[], datetime]) -> list[BaseRoute]:
    """The list with its form, the page that shows a code once, and revoking."""

    def listed(request: Request) -> Response:
        place = request.query_params.get("place", "")
        filled = Filled({"kind": "phone", "name": "", "place": place})
        return _listed(request, house, desk, now(), filled)

    async def made(request: Request) -> Response:
        form = await request.form()
        values = {name: str(form.get(name, ""))[:500] for name in _FIELDS}
        return await run_in_threadpool(_made, request, house, desk, now(), values)

    def revoked(request: Request) -> Response:
        desk.revoke(principal_of(request), request.path_params["device"])
        return RedirectResponse(Page.of(request).link(PATH), status_code=303)

    return [
        Route(PATH, listed, methods=["GET"]),
        Route(PATH, made, methods=["POST"]),
        Route(PATH + "/{device}/revoke", revoked, methods=["POST"]),
    ]


def _listed(request: Request, house: House, desk: DeviceDesk, now: datetime, filled: Filled) -> Response:
    by = principal_of(request)
    found = desk.devices(by)
    codes = desk.open_codes(by)
    places = desk.places(by)
    stations = desk.stations(by)
    keys = {key for device in found for key in (device.place, device.party)}
    keys |= {station.party for station in stations}
    keys |= {key for pair in places for key in pair} | {key for code in codes for key in (code.place,)}
    context = {
        "q": "",
        "path": PATH,
        "rows": [(device, state_of(device, now)) for device in found],
        "stations": [(station, state_of_numbers(station, now)) for station in stations],
        "most_missing": MOST_MISSING,
        "most_told": MOST_TOLD,
        "codes": codes,
        "places": places,
        "most_places": MOST_PLACES,
        "labels": house.labels(sorted(key for key in keys if key)),
        "filled": filled,
        "everybody": by.role == "administrator",
        "newest": max((device.block_list_sequence for device in found), default=0),
    }
    status = filled.error.status if filled.error else 200
    return render(Page.of(request), "devices/list.html", context, status=status)


def _made(
    request: Request, house: House, desk: DeviceDesk, now: datetime, values: dict[str, str]
) -> Response:
    by = principal_of(request)
    try:
        link, text, made = desk.make_code(by, kind=values["kind"], name=values["name"], place=values["place"])
    except (InvalidInput, NotAllowed) as error:
        return _listed(request, house, desk, now, Filled(values, error))
    context = {
        "q": "",
        "path": PATH,
        "made": made,
        "command": f'.venv/bin/suyuan station enrol "{link}" --config station.toml',
        "text": text,
        "server": link.partition("/enrol#")[0],
        "qr": "data:image/svg+xml;base64," + b64encode(render_qr(link)).decode(),
        "place": house.label(made.place),
    }
    # Not a redirect to a page of its own: the code is nowhere to be read from again, not even for us.
    return render(Page.of(request), "devices/code.html", context, status=201)
