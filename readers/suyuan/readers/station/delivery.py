"""From the outbox to the platform: in order, at least once, for as long as it takes.

Every event has its id from the outbox, so that the platform knows a repetition when it sees one: a lost
request, a lost acknowledgement and a restart between the two all end in sending again, and in no duplicate.
Source of the exchange: EPCIS 2.0 §12 (REST bindings: ``/capture`` and its jobs).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from random import Random
from typing import Any, Literal, cast
from urllib.parse import unquote

import httpx
import orjson

from suyuan.readers.station.bodies import CONTEXT
from suyuan.readers.station.config import ServerConfig
from suyuan.readers.station.errors import OutboxDamaged, OutboxUnavailable
from suyuan.readers.station.journal import Waiting
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.words import Message

MOST_IN_BATCH = 2_000
MOST_BYTES_IN_BATCH = 4 << 20
"""Of a document: servers take 16 MiB, and what is lost on the way is sent again as a whole."""
REPEATED = "Suyuan-Numbers-Repeated"
"""Header of an answer: stations under whose name a number came twice, with it: ``dock;17, gate;4``."""
BACK_OFF_S = (0.5, 10.0)
"""Between two attempts while nobody answers. Not longer: whoever starts a server anew looks at the screens of
the stations, and each of them asks for the block list every two seconds in any case."""
REFUSED_S = 60.0
"""How often a platform that refuses the credential is asked again: it may be mended, or let us in again."""
LOOK_EVERY_S = (0.02, 1.0)
JOB_PATIENCE_S = 60.0
IDLE_S = 5.0
MOST_WORDS = 2_000
MOST_ANSWER = 1_000_000
_AT_FAULT = frozenset({400, 409, 413, 422})
"""Answers that speak of the document; other refusals speak of the address or the hour, and pass."""

ServerState = Literal["idle", "sending", "away", "not-signed-in"]


class Verdict(StrEnum):
    """What became of one batch."""

    STORED = "stored"
    REFUSED = "refused"
    AWAY = "away"
    NOT_SIGNED_IN = "not-signed-in"


@dataclass(frozen=True, slots=True)
class Answer:
    """The platform's verdict in its own words; ``receipt`` is where the capture job can be seen."""

    verdict: Verdict
    words: str = ""
    receipt: str = ""


class Delivery:
    """Sends what waits in ``outbox`` to ``{server.url}/capture``.

    Args:
        outbox: where events wait.
        server: address and credential.
        client: without redirects; its transport is the network.
        now: wall clock, for the documents' creationDate.
        random: jitter of the back-off.
        sleep: waits.
        alarm: told a subject and what stands against it, or None when it is well again.
        batch: events in one document.
    """

    def __init__(
        self,
        outbox: Outbox,
        server: ServerConfig,
        client: httpx.AsyncClient,
        *,
        now: Callable[[], datetime],
        random: Random,
        sleep: Callable[[float], Awaitable[None]],
        alarm: Callable[[str, Message | None], None],
        batch: int = MOST_IN_BATCH,
    ) -> None:
        self._outbox = outbox
        self._server = server
        self._client = client
        self._now = now
        self._random = random
        self._sleep = sleep
        self._alarm = alarm
        self._batch = batch
        self._wake = asyncio.Event()
        self._refused_untold = True
        self.state: ServerState = "idle"

    def wake(self) -> None:
        """Something new waits."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver for ever: what was acknowledged is not given up while anybody may take it."""
        least, most = BACK_OFF_S
        wait = least
        while True:
            self._wake.clear()
            try:
                verdict = await self.deliver_once()
            except (OutboxUnavailable, OutboxDamaged) as error:
                self._alarm("outbox", Message("QUEUE_FULL", {"reason": error.detail}))
                verdict = Verdict.AWAY
            else:
                self._alarm("outbox", None)
            if verdict is Verdict.NOT_SIGNED_IN:
                await self._sleep(jittered(REFUSED_S, self._random))
                continue
            if verdict is Verdict.AWAY:
                await self._sleep(jittered(wait, self._random))
                wait = min(wait * 2, most)
                continue
            wait = least
            if verdict is None:
                await self._idle()

    async def _idle(self) -> None:
        self.state = "idle"
        try:
            async with asyncio.timeout(IDLE_S):  # wait_for would lose a cancellation that meets the wake-up
                await self._wake.wait()
        except TimeoutError:
            return

    async def deliver_once(self) -> Verdict | None:
        """Send the first batch; None if nothing waits.

        Raises:
            OutboxUnavailable: what the platform answered could not be noted; it will be sent again.
        """
        await self._tell_refused()
        events = await self._outbox.waiting(self._batch, MOST_BYTES_IN_BATCH)
        if not events:
            return None
        self.state = "sending"
        await self._outbox.count_attempt([e.sequence for e in events])
        answer = await self._deliver(events)
        self._tell(answer)
        await self._tell_refused()
        return answer.verdict

    async def _deliver(self, events: Sequence[Waiting]) -> Answer:
        """Send ``events``; a refused batch is halved until the culprit stands alone and is parked."""
        answer = await self._send(events)
        if answer.verdict is Verdict.STORED:
            await self._outbox.mark_sent([e.sequence for e in events], answer.receipt)
            return answer
        if answer.verdict is not Verdict.REFUSED:
            return answer
        if len(events) == 1:
            await self._park(events[0], answer.words)
            return answer
        half = len(events) // 2
        first = await self._deliver(events[:half])
        if first.verdict in {Verdict.AWAY, Verdict.NOT_SIGNED_IN}:
            return first
        return await self._deliver(events[half:])

    async def _park(self, event: Waiting, words: str) -> None:
        await self._outbox.mark_refused(event.sequence, words)
        self._refused_untold = True

    async def _tell_refused(self) -> None:
        """One alarm for all that is parked, as the outbox has it: after a restart too."""
        if not self._refused_untold:
            return
        queue = await self._outbox.queue()
        message = None
        if queue.last_refused is not None:
            sequence, words = queue.last_refused
            told = {"count": queue.refused, "sequence": sequence, "words": words}
            message = Message("REFUSED", told)
        self._alarm("refused", message)
        self._refused_untold = False

    def _tell(self, answer: Answer) -> None:
        match answer.verdict:
            case Verdict.AWAY:
                self.state = "away"
                self._alarm("server", Message("OFFLINE", {"reason": answer.words}))
            case Verdict.NOT_SIGNED_IN:
                self.state = "not-signed-in"
                self._alarm("server", Message("NOT_SIGNED_IN", {"status": answer.words}))
            case Verdict.STORED | Verdict.REFUSED:
                self._alarm("server", None)

    # The exchange

    async def _send(self, events: Sequence[Waiting]) -> Answer:
        try:
            response = await self._client.post(
                f"{self._server.url}/capture",
                content=document([e.payload for e in events], self._now()),
                headers={
                    **self._headers(),
                    "Content-Type": "application/json",
                    "GS1-Capture-Error-Behaviour": "rollback",
                },
            )
            if response.status_code != HTTPStatus.ACCEPTED:
                return _refusal(response)
            self._alarm("two stations", _doubled(response, self._outbox.station))
            return await self._await_job(response, len(events))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Answer(Verdict.AWAY, str(error) or type(error).__name__)

    def _headers(self) -> dict[str, str]:
        return {
            **bearer(self._server),
            "GS1-EPCIS-Version": "2.0.0",
            "GS1-CBV-Version": "2.0.0",
            "Accept": "application/json",
        }

    async def _await_job(self, accepted: httpx.Response, count: int) -> Answer:
        """Look at the capture job of ``count`` events until it has ended."""
        try:
            job = accepted.url.join(accepted.headers.get("Location", ""))
        except httpx.InvalidURL:
            return Answer(Verdict.AWAY, "its answer had no usable Location")
        if not accepted.headers.get("Location") or _origin(job) != _origin(accepted.url):
            return Answer(Verdict.AWAY, "its answer named no capture job of its own")
        least, most = LOOK_EVERY_S
        wait, waited = least, 0.0
        while waited <= JOB_PATIENCE_S:
            response = await self._client.get(job, headers=self._headers())
            if response.status_code != HTTPStatus.OK:
                shut_out = is_not_signed_in(response)
                return _refusal(response) if shut_out else Answer(Verdict.AWAY, "its capture job is gone")
            answer = _job_answer(response, str(job), count)
            if answer is not None:
                return answer
            await self._sleep(wait)
            waited, wait = waited + wait, min(wait * 2, most)
        return Answer(Verdict.AWAY, "its capture job does not end")


def jittered(seconds: float, random: Random) -> float:
    """Up to half of it less, so that stations do not come back in step."""
    return seconds * (0.5 + random.random() / 2)


def bearer(server: ServerConfig) -> dict[str, str]:
    """The header of a station with a token; one with a device key has a client that signs."""
    return {"Authorization": f"Bearer {server.token}"} if server.token else {}


def document(payloads: Sequence[bytes], now: datetime) -> bytes:
    """An EPCISDocument (JSON) with these events, joined as they were stored."""
    head = orjson.dumps(
        {
            "@context": list(CONTEXT),
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": now.isoformat(timespec="milliseconds"),
        }
    )
    return head[:-1] + b',"epcisBody":{"eventList":[' + b",".join(payloads) + b"]}}"


def _doubled(response: httpx.Response, station: str) -> Message | None:
    """What to say where the platform has seen another machine send under our name."""
    for told in response.headers.get(REPEATED, "").split(","):
        name, _, number = told.strip().rpartition(";")
        if name and unquote(name) == station:
            return Message("TWO_STATIONS", {"station": station, "number": number[:20]})
    return None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _refusal(response: httpx.Response) -> Answer:
    words, problem = refusal_words(response), _problem(response)
    if is_not_signed_in(response):
        return Answer(Verdict.NOT_SIGNED_IN, words)
    # A proxy that is set up wrongly refuses too, but says nothing of the document; what is too large is so
    # for whoever says it.
    told = "title" in problem or response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return Answer(Verdict.REFUSED if response.status_code in _AT_FAULT and told else Verdict.AWAY, words)


def is_not_signed_in(response: httpx.Response) -> bool:
    """Whether the credential was refused; a wrong clock is mended already: signing goes by the server's."""
    refused = response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    return refused and _problem(response).get("code") != "clock-wrong"


def refusal_words(response: httpx.Response) -> str:
    """The status of a refusal and what the platform says about it."""
    return f"{response.status_code} {_words(_problem(response))}".strip()


def _job_answer(response: httpx.Response, receipt: str, count: int) -> Answer | None:
    """The verdict of a capture job of ``count`` events, or None while it runs.

    A receipt that speaks of fewer or more events than were sent is none.
    """
    job = _problem(response)
    running, success = job.get("running"), job.get("success")
    if not isinstance(running, bool) or not isinstance(success, bool):
        return Answer(Verdict.AWAY, "its capture job cannot be understood")
    if running:
        return None
    if success:
        counts = [job.get(f"suyuan:{name}") for name in ("captured", "duplicates", "conflicts")]
        told = [number for number in counts if isinstance(number, int)]
        if told and sum(told) != count:
            return Answer(Verdict.AWAY, f"its receipt is for {sum(told)} of {count} events")
        return Answer(Verdict.STORED, receipt=receipt)
    errors = job.get("errors")
    listed = cast("list[object]", errors) if isinstance(errors, list) else []
    problems = [cast("dict[str, Any]", p) for p in listed if isinstance(p, dict)]
    words = "; ".join(filter(None, map(_words, problems)))[:MOST_WORDS]
    theirs = problems and all(_status(p) >= HTTPStatus.INTERNAL_SERVER_ERROR for p in problems)
    return Answer(Verdict.AWAY if theirs else Verdict.REFUSED, words or "it gave no reason")


def _status(problem: dict[str, Any]) -> int:
    status = problem.get("status")
    return status if isinstance(status, int) else 0


def _problem(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer, or an empty one: what is not JSON says nothing to us."""
    if len(response.content) > MOST_ANSWER:
        return {}
    try:
        parsed = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", parsed) if isinstance(parsed, dict) else {}


def _words(problem: dict[str, Any]) -> str:
    """Title and detail of an RFC 9457 problem, cut to a bearable length."""
    parts = [problem.get("title"), problem.get("detail")]
    return ": ".join(p for p in parts if isinstance(p, str) and p)[:MOST_WORDS]
