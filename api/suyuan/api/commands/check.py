"""``suyuan check``: what does not add up in the store of this environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from suyuan.api.checking import findings
from suyuan.api.commands.json_lines import LineWrong, objects, wrong_line
from suyuan.api.database import check_stored
from suyuan.api.house import House, open_house
from suyuan.api.settings import read_settings
from suyuan.portal.checks import spoken
from suyuan.portal.language import Language, Speech
from suyuan.trace.checks import Checked, Finding, Point, Scan, checked_json, narrowed
from suyuan.trace.errors import NotFound, WrongUse
from suyuan.trace.gs1 import IdentifierError, canonical_key

_STOOD_AT = 100_000


def check(
    db: Annotated[str | None, typer.Option(help="Database URL or SQLite file (SUYUAN_DATABASE).")] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON: findings, tallies, records, sums.")
    ] = False,
    since: Annotated[
        str | None, typer.Option(help="Only what came about since then: a date, or a time with its offset.")
    ] = None,
    party: Annotated[
        str | None, typer.Option(help="Only what concerns a party: its identifier in any spelling.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="When what was sent should have come; default: now.")] = None,
    scans: Annotated[
        Path | None,
        typer.Option(
            help="Scans by shoppers: JSON lines with code, time, latitude and longitude.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    language: Annotated[Language, typer.Option(help="Of the sentences.")] = "en",
) -> None:
    """Mass balance, clones, diversion, missing halves of shipments, expiry, completeness of records.

    Everything on record is read; --since and --party choose what is told. Exit status 1 if there is an alarm.
    """
    from_time, due, of_party = _moment(since, "--since"), _moment(by, "--by"), party and _key(party)
    asked = [] if scans is None else list(_scans(scans))
    settings = read_settings({**os.environ, **({"SUYUAN_DATABASE": db} if db else {})})
    check_stored(settings.database)
    house = open_house(settings)
    try:
        everything = findings(house, by=due, scans=asked, heard=_progress())
        _check_known(everything, of_party)
        found = narrowed(everything, since=from_time, party=of_party)
        if json:
            for piece in checked_json(found):
                typer.echo(piece, nl=False)
            typer.echo()
        else:
            _print(found, Speech(language, house.zone), house)
    finally:
        house.close()
    if any(one.severity == "alarm" for one in found.findings):
        raise typer.Exit(1)


def _moment(text: str | None, where: str) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise WrongUse(
            "{value} is no time.",
            where=where,
            value=text[:50],
            remedy="Write a date such as 2026-11-20, or a time such as 2026-11-20T08:00:00+08:00.",
        ) from error


def _key(party: str) -> str:
    try:
        return canonical_key(party)
    except IdentifierError:
        if "://" in party:
            return party  # a party may be named by what is no identifier of GS1
        raise


def _scans(path: Path) -> Iterator[Scan]:
    """The scans of a file; ``LineWrong`` at the first line that is none."""
    with path.open("rb") as file:
        for number, told in objects(file, "code", "time"):
            try:
                time = datetime.fromisoformat(told["time"])
                point = Point(float(told["latitude"]), float(told["longitude"]))
            except (KeyError, TypeError, ValueError) as error:
                raise _no_scan(number) from error
            if time.tzinfo is None or not (abs(point.latitude) <= 90 and abs(point.longitude) <= 180):  # noqa: PLR2004 (degrees)
                raise _no_scan(number)
            yield Scan(canonical_key(told["code"]), time.astimezone(UTC), point)


def _no_scan(number: int) -> LineWrong:
    return wrong_line(
        number,
        "Line {line} is no scan: it needs a time with its offset, a latitude and a longitude.",
        'Write {"code": "https://id.gs1.org/01/…/21/…", "time": "2026-11-20T08:00:00+08:00", '
        '"latitude": 31.2, "longitude": 121.5}.',
    )


def _check_known(found: Checked, party: str | None) -> None:
    """Refuse a party that nobody named: that nothing is found of it would be said too easily."""
    known = narrowed(found, party=party)
    if party is not None and not (known.records or known.findings or known.balances):
        raise NotFound(
            "Nothing is on record under {key}", where="--party", key=party, remedy="Check the spelling."
        )


def _progress() -> Callable[[int], None]:
    """Tells on a terminal how far reading is."""
    show = sys.stderr.isatty()

    def heard(events: int) -> None:
        if show and events and events % _STOOD_AT == 0:
            typer.echo(f"{events:,} events", err=True)

    return heard


def _print(found: Checked, speech: Speech, house: House) -> None:
    console = Console(highlight=False, soft_wrap=True)
    names = house.labels(sorted({key for one in found.findings for key in _named(one)}))
    for one in found.findings:
        told = spoken(speech, one, lambda key: speech.text(names[key].name) or names[key].code)
        words = {"severity": told.severity, "title": told.title, "sentence": told.sentence}
        console.print(speech.say("finding.line", **words), markup=False)
    for line in _tallies(found, speech):
        console.print(line, markup=False)


def _named(finding: Finding) -> Iterable[str]:
    ends = (finding.place, finding.other_place, finding.party, finding.other_party)
    return (*(key for key in ends if key is not None), *finding.keys[:1])


def _tallies(found: Checked, speech: Speech) -> Iterable[str]:
    for tally in found.tallies:
        reasons = [
            f"{speech.say(f'untold.{reason}')} {speech.number(times)}"
            for reason, times in tally.untold.items()
        ]
        yield speech.say(
            "check.tally",
            check=speech.say(f"check.{tally.check}"),
            examined=speech.number(tally.examined),
            found=speech.number(tally.found),
            untold=speech.say("list.comma").join(reasons) or speech.say("check.none"),
        )
