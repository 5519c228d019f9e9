"""What is asked of the label pages' services, and what stands on a label, in both languages at once."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any, Protocol, cast

from suyuan.portal import zpl
from suyuan.portal.bitmap import burn
from suyuan.portal.language import LANGUAGES, Speech
from suyuan.portal.sheet import FORMS, Face, Form, Look, arrange
from suyuan.portal.symbols import Level, Symbology
from suyuan.portal.typeface import Typeface
from suyuan.trace.gs1 import element_string, identify
from suyuan.trace.gs1.own import grouped
from suyuan.trace.recall.passport import Text
from suyuan.trace.register.labels import Carrier, Job, SealKind, Tag, labelled
from suyuan.trace.store.sight import Viewer

UNITS = "units"
"""The subject of an order for logistic units."""

SYMBOLOGIES: tuple[Symbology, ...] = ("qr", "datamatrix")
LEVELS: tuple[Level, ...] = ("Q", "H")


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants labels for. ``subject`` is the key of a lot or product, or :data:`UNITS`.

    ``prefix`` is the GS1 company prefix of the party: for SSCC, and for UHF tags with a GTIN. ``seal`` is
    what links bear against guessing, where the platform has keys for it.
    """

    subject: str
    count: int
    carrier: Carrier = "sheet"
    form: str = "a4-24"
    symbology: Symbology = "qr"
    level: Level = "Q"
    prefix: str = ""
    seal: str = SealKind.MARK


@dataclass(frozen=True, slots=True)
class Subject:
    """A lot or product to choose."""

    key: str
    name: Text
    lot: str = ""
    code: str = ""


class LabelDesk(Protocol):
    """The services behind the label pages."""

    def address(self) -> str:
        """The address that is printed; ``PublicUrlMissing`` where nobody gave one."""
        ...

    def typeface(self) -> Typeface:
        """What Chinese on labels is set in."""
        ...

    def seals(self) -> Sequence[SealKind]:
        """What links of new labels can bear; nothing where the platform has no keys for it."""
        ...

    def subjects(self, viewer: Viewer, search: str = "") -> Sequence[Subject]:
        """Lots and products that the viewer may print labels for, newest lots first."""
        ...

    def prefix(self, viewer: Viewer) -> str:
        """The company prefix that the viewer's party used last; empty where none."""
        ...

    def jobs(self, viewer: Viewer) -> Sequence[Job]:
        """The newest jobs that the viewer may see."""
        ...

    def job(self, viewer: Viewer, number: str) -> tuple[Job, Sequence[Tag]]:
        """One job with its labels in order, or ``NotFound``."""
        ...

    def make(self, viewer: Viewer, order: Order) -> str:
        """Give identities out, after each symbol was read back; the number of the job."""
        ...


def form_of(job: Job) -> Form:
    """The sheets of a job."""
    return FORMS[str(job.content["form"])]


def look_of(job: Job, chinese: Typeface) -> Look:
    """The symbols of a job, and the face that Chinese is set in."""
    content = job.content
    return Look(cast("Symbology", content["symbology"]), cast("Level", content["level"]), chinese)


def roll_of(job: Job) -> Form:
    """The labels of a label printer for a job: those it was made for, or else the size for its goods."""
    form = form_of(job)
    return form if form.thermal else FORMS["roll-60x40" if job.subject else "roll-100x150"]


def roll(job: Job, tags: Sequence[Tag], chinese: Typeface, dpi: int) -> bytes:
    """The labels of a job for a label printer, in ZPL; those of UHF jobs write their tags too.

    Every symbol is read back from the dots that are sent.

    Raises:
        LabelTooSmall, SymbolUnreadable, TypefaceUnfit: a label cannot be printed like this; none is.
    """
    form, look = roll_of(job), replace(look_of(job, chinese), dpi=dpi)
    said = zip(faces(job, tags), tags, strict=True)
    return b"".join(
        zpl.label(burn(arrange(face, form, look), form, dpi, chinese), tag.epc) for face, tag in said
    )


def name_of(job: Job) -> Text:
    """What the labels of a job name."""
    return Text(str(job.content.get("name_zh", "")), str(job.content.get("name_en", "")))


def faces(job: Job, tags: Iterable[Tag]) -> Iterable[Face]:
    """What the labels of a job say."""
    words = _Words()
    for tag in tags:
        yield _item(job, tag, words) if job.subject else _unit(job, tag, words)


def tag_list(tags: Iterable[Tag]) -> bytes:
    """Tags as CSV: number, EPC memory in hexadecimal, the element string in clear, and the link.

    With a byte order mark, without which Excel would not read it as UTF-8.
    """
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["number", "epc", "text", "link"])
    for tag in tags:
        found = identify(tag.key)
        clear = element_string(found) or " ".join(value for _, value in found.own)
        writer.writerow([tag.position + 1, tag.epc, clear, tag.link])
    return text.getvalue().encode("utf-8-sig")


class _Words:
    """The captions of labels, each in Chinese and English."""

    def __init__(self) -> None:
        self._speeches = [Speech(language) for language in LANGUAGES]
        self._said: dict[str, str] = {}

    def __call__(self, msgid: str) -> str:
        if msgid not in self._said:
            self._said[msgid] = " ".join(dict.fromkeys(speech.say(msgid) for speech in self._speeches))
        return self._said[msgid]


def _item(job: Job, tag: Tag, words: _Words) -> Face:
    told: Mapping[str, Any] = job.content
    found = labelled(tag.key, identify(job.subject).lot)
    lot, called = str(told.get("lot") or ""), str(told.get("lot_name") or "")
    lot = f"{called} ({lot})" if called else lot
    dates = [
        (words(f"labels.print.{name}"), str(told[name]))
        for name in ("production_date", "best_before", "use_by")
        if told.get(name)
    ]
    own = found.own[0][1] if found.own else ""
    return Face(
        link=tag.link,
        elements=element_string(found),
        names=tuple(name for name in (told.get("name_zh"), told.get("name_en")) if name),
        facts=(*([(words("labels.print.lot"), lot)] if lot else []), *dates),
        serial_caption=words("labels.print.serial"),
        serial=grouped(found.serial or ""),
        foot=words("labels.print.scan"),
        note=f"{own} · {words('labels.print.own')}" if own else f"GTIN {found.gtin}",
    )


def _unit(job: Job, tag: Tag, words: _Words) -> Face:
    found = identify(tag.key)
    names = tuple(name for name in (job.content.get("name_zh"), job.content.get("name_en")) if name)
    return Face(
        link=tag.link,
        elements=element_string(found),
        names=(words("labels.print.unit"), *names),
        serial_caption="SSCC" if found.sscc else words("labels.print.code"),
        serial=grouped(found.sscc or found.own[0][1]),
        foot=words("labels.print.scan"),
        note="" if found.sscc else words("labels.print.own"),
    )
