"""A trade in a folder: what ``suyuan load`` takes, the truth, and every fault; all of it or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal

import orjson

from suyuan.simulator.trade import bulk, truth
from suyuan.simulator.trade.course import Course
from suyuan.simulator.trade.grown import begun
from suyuan.simulator.trade.mischief import DONE, Fault
from suyuan.simulator.trade.plan import Extent
from suyuan.simulator.trade.telling import TOLD, Told, badly, plainly
from suyuan.simulator.trade.words import Names
from suyuan.simulator.trade.written import documents, lines, master_data
from suyuan.trace.errors import Unavailable, WrongUse
from suyuan.trace.incident.lags import PATHOGENS

Form = Literal["lines", "documents", "bulk"]
OUTBREAKS: Mapping[str, str] = {"outbreak": "farm", "outbreak-at-plant": "plant"}
GROUPS: Mapping[str, tuple[str, ...]] = {
    "fraud": ("oversell", "relabel", "dilution"),
    "records": ("missing", "unquantified"),
    "reads": ("missed", "stray", "repeated"),
    "corrections": ("corrected", "retracted"),
}
USUAL, USUAL_CASES = 3, 20
"""How often each kind of mischief strikes, how many people fall ill, unless another number is told."""
_EVENTS = "epcis"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is injected: an outbreak, so many of each mischief, such a share of deeds told with each fault."""

    outbreak: str | None = None
    pathogen: str = "salmonella"
    cases: int = USUAL_CASES
    mischief: Mapping[str, int] = field(default_factory=dict[str, int])
    shares: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Written:
    """What a folder holds."""

    events: int
    lots: int
    affected: int
    cases: int
    faults: Mapping[str, int]


def wishes(words: str, pathogen: str = "salmonella") -> Wishes:
    """Read ``outbreak,clone=5,late=0.1``: kinds and groups, each with a number where the usual is not meant.

    Raises:
        WrongUse: an unknown kind or pathogen, or a number that a kind cannot have.
    """
    if pathogen not in PATHOGENS:
        raise WrongUse(
            "No incubation is known for {pathogen}.",
            where="--pathogen",
            pathogen=pathogen,
            remedy=f"Choose among {', '.join(sorted(PATHOGENS))}.",
        )
    outbreak: str | None = None
    cases = USUAL_CASES
    mischief: dict[str, int] = {}
    shares: dict[str, float] = {}
    for word in filter(None, (part.strip() for part in words.split(","))):
        name, _, number = word.partition("=")
        for kind in GROUPS.get(name, (name,)):
            if kind in OUTBREAKS and outbreak is not None:
                raise WrongUse("Only one outbreak can begin.", where="--inject", remedy="Name one.")
            if kind in OUTBREAKS:
                outbreak = OUTBREAKS[kind]
                cases = int(_number(word, number, cases, whole=True))
            elif kind in DONE:
                mischief[kind] = int(_number(word, number, USUAL, whole=True))
            elif kind in TOLD:
                shares[kind] = _number(word, number, TOLD[kind], whole=False)
            else:
                raise WrongUse(
                    "There is no {kind} to inject.",
                    where="--inject",
                    kind=kind,
                    remedy=f"Choose among {', '.join(sorted({*OUTBREAKS, *DONE, *TOLD, *GROUPS}))}.",
                )
    if sum(shares.values()) > 1:
        raise WrongUse(
            "More than all is told wrongly.", where="--inject", remedy="Let shares sum to 1 at most."
        )
    return Wishes(outbreak, pathogen, cases, mischief, shares)


def _number(word: str, number: str, usual: float, *, whole: bool) -> float:
    if not number:
        return usual
    try:
        found = float(int(number)) if whole else float(number)
    except ValueError:
        found = -1.0
    if not (found >= 0 if whole else 0 <= found <= 1):
        raise WrongUse(
            "{word} has no number that fits.",
            where="--inject",
            word=word,
            remedy="Write how many for what people do, a share from 0 to 1 for what is told wrongly.",
        )
    return found


def write_world(
    extent: Extent, asked: Wishes, form: Form, out: Path, progress: Callable[[int, float], None]
) -> Written:
    """Write a trade to a new folder; ``progress`` is told of events and milliseconds that are over.

    ``epcis/`` holds master data and events, ``bulk/`` arrays instead of events, ``truth.json`` the truth,
    ``faults.jsonl`` every fault. Memory does not grow with the number of events.

    Raises:
        WrongUse: the folder is there already, or the extent cannot be.
        TooLarge: there are not numbers enough.
        Unavailable: the disk refuses.
    """
    course = begun(
        extent,
        mischief=asked.mischief,
        outbreak=asked.outbreak,
        pathogen=asked.pathogen,
        cases=asked.cases,
    )
    names = Names(course.plan, course.numbering.series, extent.seed)
    counts: Counter[str] = Counter()
    with _whole(out) as folder, (folder / "faults.jsonl").open("wb") as faults:

        def note(one: Fault) -> None:
            counts[one.kind] += 1
            faults.write(orjson.dumps(truth.fault(one, names)) + b"\n")

        events = 0
        told = _told(course, asked, note)
        for number in _write(_counted(told, course, progress), names, form, folder):
            events += number
        progress(events, course.ends - course.begins)
        for one in course.mischief.faults:
            note(one)
        _write_master_data(course, folder)
        truth.close(course)
        found = truth.truth(course, names, events=events, faults=counts)
        (folder / "truth.json").write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    return Written(events, course.books.lots, len(found["affected"]), len(found["cases"]), dict(counts))


def _told(course: Course, asked: Wishes, note: Callable[[Fault], None]) -> Iterator[Told]:
    if not asked.shares:
        return plainly(course.deeds())
    random = Random(f"telling {course.plan.extent.seed}")  # noqa: S311 - repeatable, no secret
    return badly(course.deeds(), asked.shares, random, len(course.plan.sites), note)


def _counted(told: Iterator[Told], course: Course, progress: Callable[[int, float], None]) -> Iterator[Told]:
    for number, one in enumerate(told, 1):
        if number % 5000 == 0:
            progress(number, min(one.deed.at, course.ends) - course.begins)
        yield one


def _write(told: Iterator[Told], names: Names, form: Form, folder: Path) -> Iterator[int]:
    """Write the events; gives how many are in each piece."""
    if form == "bulk":
        yield from bulk.write(told, names, folder / form)
        return
    (folder / _EVENTS).mkdir()
    if form == "documents":
        for number, document in enumerate(documents(told, names), 1):
            path = folder / _EVENTS / f"events-{number:06d}.json"
            path.write_bytes(orjson.dumps(document))
            yield len(document["epcisBody"]["eventList"])
        return
    with (folder / _EVENTS / "events.ndjson").open("wb") as sink:
        for line in lines(told, names):
            sink.write(orjson.dumps(line) + b"\n")
            yield 1


def _write_master_data(course: Course, folder: Path) -> None:
    place = folder / _EVENTS
    place.mkdir(exist_ok=True)
    for number, document in enumerate(master_data(course.plan, course.products()), 1):
        (place / f"master-data-{number:04d}.json").write_bytes(orjson.dumps(document))


@contextmanager
def _whole(out: Path) -> Generator[Path]:
    """A folder that stands under its name once everything is in it, and not at all before."""
    if out.exists():
        raise WrongUse(
            "{path} is there already.", where="--out", path=out, remedy="Name a folder that is not there yet."
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            yield folder
            folder.chmod(0o755)
            folder.replace(out)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise Unavailable(
            "{path} cannot be written: {reason}",
            path=error.filename or out,
            reason=error.strerror or str(error),
            remedy="Check the disk, and that the folder may be written.",
        ) from error
