"""Label jobs from the platform: fetched once, checked, and kept, so that writing needs no network.

``GET {server}/api/labels`` lists the newest jobs of this station's company, ``GET {server}/api/labels/{job}``
tells the links of one, in the order of its labels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import cast

import httpx
import orjson

from suyuan.readers.station import tag_jobs
from suyuan.readers.station.config import ServerConfig
from suyuan.readers.station.delivery import bearer, refusal_words
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.tag_jobs import Label, TagJob
from suyuan.readers.tags.access import web_link
from suyuan.trace.errors import InvalidInput, NotFound, Unavailable

MOST_LABELS = 10_000
_MOST_BYTES = 8 * 1024 * 1024
_MOST_LISTED = 20
_NUMBER = re.compile(r"(?:.*/)?([0-9a-f]{16})", re.IGNORECASE)
_KEY = re.compile(r"(?:https?://|urn:)[\x21-\x7e]{1,500}")


class JobUnknown(NotFound):
    """The platform has no such job, or shows it to others only."""

    code = "label-job-unknown"
    title = "There is no such label job"


class JobUnfit(InvalidInput):
    """What was given is no number of a job, or the job cannot be written on NFC tags."""

    code = "label-job-unfit"
    title = "This label job cannot be written"


class PlatformAway(Unavailable):
    """The platform cannot be asked, and the job is not kept here."""

    code = "label-job-away"
    title = "The label job cannot be fetched now"


class TagShelf:
    """The jobs that this station can write: those kept in ``outbox``'s database, and those of ``server``."""

    def __init__(
        self,
        outbox: Outbox,
        server: ServerConfig,
        client: httpx.AsyncClient,
        now: Callable[[], datetime],
    ) -> None:
        self._outbox = outbox
        self._server = server
        self._client = client
        self._now = now

    async def kept(self, *, uhf: bool = False) -> Sequence[TagJob]:
        """The jobs for NFC tags that are kept here; with ``uhf``, those for UHF tags.

        Raises:
            OutboxUnavailable: the store cannot be read.
        """
        return await self._outbox.within(lambda db: tag_jobs.jobs(db, uhf=uhf))

    async def offered(self, *, uhf: bool = False) -> Sequence[TagJob]:
        """The newest jobs of this company that can be written on NFC tags; with ``uhf``, on UHF tags.

        Raises:
            PlatformAway: the platform does not answer, or not as it should.
        """
        told = await self._get("/api/labels")
        listed = _listed(told, "jobs")
        if listed is None:
            raise _unclear("no list of jobs")
        found = [_job(one) for one in listed[:_MOST_LISTED]]
        return [one for one in found if (one.carrier == "uhf") is uhf]

    async def take(self, text: str, *, uhf: bool = False) -> TagJob:
        """The job that ``text`` (its number, or a link that ends in it) names: kept, or fetched and kept.

        Raises:
            JobUnfit: it is no number, or a job for UHF tags; with ``uhf``, for others.
            JobUnknown: there is no such job for this company.
            PlatformAway: it is not kept, and the platform does not answer.
            OutboxUnavailable: it cannot be stored.
        """
        number = _number(text)
        kept = await self._outbox.within(lambda db: tag_jobs.job(db, number))
        if kept is not None:
            return _fit(kept, uhf=uhf)
        told = await self._get(f"/api/labels/{number}", number)
        found, labels = _job(told), _labels(told, number)
        if found.id != number or found.count != len(labels):
            raise _unclear("another job than was asked for")
        _fit(found, uhf=uhf)
        now = self._now()
        await self._outbox.within(lambda db: tag_jobs.store(db, found, labels, now))
        return found

    async def _get(self, path: str, job: str = "") -> object:
        try:
            response = await self._client.get(
                f"{self._server.url}{path}", headers={**bearer(self._server), "Accept": "application/json"}
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PlatformAway(
                "The platform does not answer: {reason}.",
                where="job",
                remedy="A job that was fetched before is written without it; for a new one, try again when"
                " the network is back.",
                reason=str(error) or type(error).__name__,
            ) from error
        if response.status_code == HTTPStatus.NOT_FOUND and job:
            raise JobUnknown(
                "There is no label job {job} of this company.",
                where="job",
                remedy="Compare its number with the page Labels of the platform; jobs of other companies"
                " cannot be written here.",
                job=job,
            )
        if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise PlatformAway(
                "The platform refuses this station: {reason}.",
                where="job",
                remedy="See on the platform's page Devices whether it was revoked; if so, join anew in the"
                " setup.",
                reason=refusal_words(response),
            )
        if response.status_code != HTTPStatus.OK or len(response.content) > _MOST_BYTES:
            raise _unclear(refusal_words(response))
        try:
            told: object = orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            raise _unclear("no JSON") from error
        return told


def _fit(job: TagJob, *, uhf: bool) -> TagJob:
    """The job, if its links are for the tags that are to be written."""
    if (job.carrier == "uhf") is uhf:
        return job
    if uhf:
        raise JobUnfit(
            "The job {job} is not for UHF tags.",
            where="job",
            remedy="On the platform's page Labels, make labels for UHF tags.",
            job=job.id,
        )
    raise JobUnfit(
        "The job {job} is for UHF tags.",
        where="job",
        remedy="Print and write it with a UHF printer; for NFC, make labels for NFC tags.",
        job=job.id,
    )


def _number(text: str) -> str:
    found = _NUMBER.fullmatch(text.strip()[:500])
    if found is None:
        raise JobUnfit(
            "{text!a} is no number of a label job.",
            where="job",
            remedy="It has 16 digits and letters a to f, and ends the address of the job's page.",
            text=text[:100],
        )
    return found[1].lower()


def _job(told: object) -> TagJob:
    job = _members(told)
    number, subject, carrier, count = (job.get(name) for name in ("job", "subject", "carrier", "count"))
    about = _members(job.get("about"))
    if not (
        isinstance(number, str)
        and _NUMBER.fullmatch(number)
        and isinstance(subject, str)
        and isinstance(carrier, str)
        and isinstance(count, int)
        and 0 < count <= MOST_LABELS
    ):
        raise _unclear("a job that cannot be")
    return TagJob(
        number, subject, carrier, count, {n: v[:200] for n, v in about.items() if isinstance(v, str)}
    )


def _labels(told: object, number: str) -> Sequence[Label]:
    """The labels, which must be all there, in order, each with a link of its own that a tag can hold."""
    labels: list[Label] = []
    for position, each in enumerate((_listed(told, "labels") or [])[: MOST_LABELS + 1]):
        one = _members(each)
        key, link = one.get("key"), one.get("link")
        if not (isinstance(key, str) and _KEY.fullmatch(key) and isinstance(link, str)):
            raise _unclear("a label that cannot be")
        if one.get("position") != position:
            raise _unclear("labels out of order")
        labels.append(Label(number, position, key, web_link(link), "free"))
    if len({one.link for one in labels}) != len(labels):
        raise _unclear("one link twice")
    return labels


def _members(told: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", told) if isinstance(told, dict) else {}


def _listed(told: object, name: str) -> list[object] | None:
    listed = _members(told).get(name)
    return cast("list[object]", listed) if isinstance(listed, list) else None


def _unclear(what: str) -> PlatformAway:
    return PlatformAway(
        "The platform's answer cannot be used: {what}.",
        where="job",
        remedy="Compare the versions of platform and station, and try again.",
        what=what,
    )
