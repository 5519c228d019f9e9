"""What a phone asks of the house: what is in a photo, and what a delivery should hold."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import zxingcpp
from PIL import Image, ImageOps

from suyuan.api.devices import DeviceDesk
from suyuan.api.house import CapturedBy, House
from suyuan.api.till import Till
from suyuan.portal.phone import STEPS, Line
from suyuan.portal.services import Label, Principal
from suyuan.trace.epcis.event import Event
from suyuan.trace.errors import InvalidInput, NotAllowed, SuyuanError, TooLarge
from suyuan.trace.gs1 import canonical_key, identify, site
from suyuan.trace.lineage import Visit
from suyuan.trace.register.attachments import DAMAGED
from suyuan.trace.register.parties import addressees
from suyuan.trace.store.devices import Device
from suyuan.trace.store.engine import Reading

MOST_PIXELS = 64_000_000  # what the largest cameras of phones take
MOST_SYMBOLS = 20
MOST_CONTENTS = 2000
_LONGEST_SIDE = 2400  # finer than any symbol needs; a photo of 50 megapixels takes ten times as long
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
# A photo takes some 100 MiB while it is looked at: two at once, and a few that wait.
_AT_ONCE = threading.BoundedSemaphore(2)
_NAMESPACE = "https://ns.suyuan.example/"


class PhotoUnreadable(InvalidInput):
    """What was sent is no picture that we can open."""

    code = "photo-unreadable"
    title = "This picture cannot be opened"


class NoSymbol(InvalidInput):
    """The picture shows no symbol that can be read."""

    code = "no-symbol"
    title = "No code was found in the picture"


class Busy(SuyuanError):
    """Other photos are being looked at."""

    code = "busy"
    status = 503
    title = "Many photos are being looked at just now"


def decode(photo: bytes) -> Sequence[Mapping[str, str]]:
    """The symbols in a photo, as their format and what a scanner would give, symbology identifier included.

    Raises:
        TooLarge: more bytes or more pixels than a photo needs.
        PhotoUnreadable: no picture, or a broken one.
        NoSymbol: nothing to be read in it.
        Busy: try again.
    """
    if not _AT_ONCE.acquire(timeout=10):
        raise Busy("Other photos are being looked at", remedy="Try again in a moment.")
    try:
        found = zxingcpp.read_barcodes(_grey(photo))
    finally:
        _AT_ONCE.release()
    if not found:
        raise NoSymbol(
            "No code was found in the picture",
            where="photo",
            remedy="Go nearer, hold still, let light fall on it; or type what is under the symbol.",
        )
    return [
        {"format": str(symbol.format).removeprefix("BarcodeFormat."), "text": _as_scanned(symbol)}
        for symbol in found[:MOST_SYMBOLS]
    ]


def _grey(photo: bytes) -> Image.Image:
    Image.init()  # once: Pillow loads its rarer formats only when told to
    try:
        with Image.open(io.BytesIO(photo), formats=_FORMATS) as opened:
            width, height = opened.size
            if width * height > MOST_PIXELS:
                raise _too_many_pixels()
            opened.draft("L", (_LONGEST_SIDE, _LONGEST_SIDE))  # JPEG decodes smaller at once
            turned = ImageOps.exif_transpose(opened).convert("L")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except DAMAGED as error:
        raise PhotoUnreadable(
            "This picture cannot be opened",
            where="photo",
            remedy="Send a photo as JPEG, PNG or WebP.",
        ) from error
    turned.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    return turned


def _too_many_pixels() -> TooLarge:
    return TooLarge(
        "The picture has more than {most} megapixels",
        most=MOST_PIXELS // 1_000_000,
        remedy="Photograph it with fewer pixels.",
    )


def _as_scanned(symbol: zxingcpp.Barcode) -> str:
    """GS1 symbols with their identifier and separators, others as their text."""
    if symbol.content_type == zxingcpp.ContentType.GS1:
        return symbol.symbology_identifier + symbol.bytes.decode("latin-1")
    return symbol.text


class PhoneDesk:
    """The questions of phones and of the form without script. Safe to use from several threads."""

    def __init__(
        self,
        house: House,
        till: Till,
        devices: DeviceDesk,
        *,
        randbytes: Callable[[int], bytes],
        zone: ZoneInfo,
    ) -> None:
        self._house = house
        self._till = till
        self._devices = devices
        self._randbytes = randbytes
        self._zone = zone

    def places(self, by: Principal) -> Sequence[Label]:
        """The places at which ``by`` may say that something happened."""
        keys = [key for key, _ in self._devices.places(by)]
        labels = self._house.labels(keys)
        return [labels[key] for key in keys]

    def expected(self, device: Device, code: str) -> Mapping[str, object]:
        """What should be in a logistic unit, by what was packed and shipped: of one's own, or sent to one.

        Raises:
            InvalidInput: no logistic unit.
            NotAllowed: it was sent to somebody else.
        """
        unit = self._till.identified(code)
        if unit.kind != "unit":
            raise InvalidInput(
                "This is no logistic unit", where="code", remedy="Scan the SSCC of the pallet."
            )
        visits = self._house.records.journey(unit.key)
        here = {device.party, device.place, site(device.place)}
        shipped = self._last_shipping(visits)
        if shipped is not None and shipped.destination_list and here.isdisjoint(self._addressed(shipped)):
            raise NotAllowed(
                "This delivery is addressed to somebody else",
                remedy="Do not receive it; call who sent it.",
            )
        # One's own word opens nobody's pallet (decision 0005).
        given = self._last_shipping([visit for visit in visits if visit.party != device.party])
        ours = all(visit.party == device.party for visit in visits)
        opens = ours or (given is not None and not here.isdisjoint(self._addressed(given)))
        inside = self._house.records.contents(unit.key)[:MOST_CONTENTS] if opens else ()
        labels = self._house.labels([key for key, _, _ in inside])
        return {
            "unit": unit.key,
            "shipped": None if shipped is None else shipped.event_time.isoformat(),
            "known": self._house.records.is_known(unit.key),
            "contents": [
                {
                    "key": key,
                    "kind": identify(key).kind,
                    "code": labels[key].code,
                    "name": {"zh": labels[key].name.zh, "en": labels[key].name.en},
                    "quantity": quantity,
                    "uom": uom,
                }
                for key, quantity, uom in inside
            ],
        }

    def _addressed(self, shipped: Event) -> frozenset[str]:
        """The parties and places to which a shipping event sends, whichever of their names it tells."""
        named = {canonical_key(to.id) for to in shipped.destination_list}
        with Reading(self._house.engine) as reading:
            return addressees(reading, named | {site(key) for key in named})

    def _last_shipping(self, visits: Sequence[Visit]) -> Event | None:
        sent = [visit for visit in visits if visit.biz_step == "shipping"]
        if not sent:
            return None
        return self._house.records.evidence([sent[-1].evidence]).get(sent[-1].evidence)

    # The form without script

    def record(self, by: Principal, step: str, place: str, lines: Sequence[Line]) -> str:
        """Store what was typed as one event in the name of ``by``'s party; returns its eventID.

        Raises:
            InvalidInput: a line is no code of goods, or a lot without an amount; ``where`` is the line.
        """
        key, party = self._devices.place_of(by, place)
        biz_step, disposition = STEPS[step]
        epcs: list[str] = []
        amounts: list[dict[str, object]] = []
        for number, line in enumerate(lines, 1):
            self._put(line, number, epcs, amounts)
        local = self._house.now().astimezone(self._zone)
        event: dict[str, object] = {
            "@context": [
                "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
                {"suyuan": _NAMESPACE},
            ],
            "type": "ObjectEvent",
            "eventID": f"urn:uuid:{UUID(bytes=self._randbytes(16), version=4)}",
            "eventTime": local.isoformat(timespec="milliseconds"),
            "eventTimeZoneOffset": local.isoformat()[-6:],
            "action": "OBSERVE",
            "epcList": epcs,
            "bizStep": biz_step,
            "disposition": disposition,
            "readPoint": {"id": key},
            "bizLocation": {"id": key},
            "suyuan:station": f"form:{by.name}",
            "suyuan:basis": "typed",
        }
        if amounts:
            event["quantityList"] = amounts
        return self._house.capture_event(orjson.dumps(event), "application/json", by=CapturedBy(party))

    def _put(self, line: Line, number: int, epcs: list[str], amounts: list[dict[str, object]]) -> None:
        try:
            found = self._till.identified(line.code)
        except SuyuanError as error:
            raise InvalidInput(
                "Line {number}: {reason}", where=f"line-{number}", number=number, reason=error.detail
            ) from error
        if found.kind in ("item", "unit"):
            epcs.append(found.key)
            return
        if found.kind != "lot" or line.quantity is None:
            raise InvalidInput(
                "Line {number}: loose goods need their lot and an amount",
                where=f"line-{number}",
                number=number,
                remedy="Write the code with its lot, then the weight in kilograms.",
            )
        amounts.append({"epcClass": found.key, "quantity": line.quantity, "uom": line.uom})
