"""The page at which people sign in and out, and a second person confirms a step: ``/duty``."""

from __future__ import annotations

import math

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.readers.station.page.host import Host
from suyuan.readers.station.page.pages import answer, language_of
from suyuan.readers.station.page.words import tell_error
from suyuan.readers.station.setup_file import is_begun
from suyuan.readers.station.station import Station
from suyuan.trace.errors import SuyuanError

_MOST = 64


class DutyPage:
    """The page of whichever station ``host`` runs."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def routes(self) -> list[BaseRoute]:
        """The routes of the page."""
        return [
            Route("/duty", self.show, methods=["GET"]),
            Route("/duty", self.sign_in, methods=["POST"]),
            Route("/duty/confirm", self.confirm, methods=["POST"]),
            Route("/duty/leave", self.leave, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Who is at work, and the forms."""
        station = self._host.station
        return self._none(request) if station is None else self._page(request, station)

    async def sign_in(self, request: Request) -> Response:
        """Begin to work."""
        return await self._tried(request, confirming=False)

    async def confirm(self, request: Request) -> Response:
        """Confirm the next step of whoever is at work."""
        return await self._tried(request, confirming=True)

    async def leave(self, request: Request) -> Response:
        """End work."""
        del request  # whoever stands there may end it
        if self._host.station is not None:
            self._host.station.duty.sign_out()
        return RedirectResponse("/duty", status_code=303)

    async def _tried(self, request: Request, *, confirming: bool) -> Response:
        station = self._host.station
        if station is None:
            return self._none(request)
        form = await request.form()
        person, pin = str(form.get("person", ""))[:_MOST], str(form.get("pin", ""))[:_MOST]
        try:
            await (station.duty.confirm if confirming else station.duty.sign_in)(person, pin.strip())
        except SuyuanError as error:
            return self._page(request, station, error, confirming=confirming)
        return RedirectResponse("/", status_code=303)

    def _page(
        self,
        request: Request,
        station: Station,
        error: SuyuanError | None = None,
        *,
        confirming: bool = False,
    ) -> Response:
        duty = station.duty
        return answer(
            request,
            "duty.html",
            status=200 if error is None else error.status,
            staff=duty.staff,
            person=duty.person,
            approver=duty.approver,
            confirming=confirming,
            wait=math.ceil(duty.wait_s()),
            fault="" if error is None else tell_error(language_of(request), error),
        )

    def _none(self, request: Request) -> Response:
        return answer(request, "none.html", fault=self._host.fault, begun=is_begun(self._host.path))


def routes(host: Host) -> list[BaseRoute]:
    """The routes of the page."""
    return DutyPage(host).routes()
