"""The till's question, answered from what the house knows now."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

import orjson

from suyuan.api.house import House
from suyuan.api.settings import Settings
from suyuan.portal.language import LANGUAGES, Speech
from suyuan.portal.lookup import typed_link
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import Identifier, IdentifierError, identify, scanned
from suyuan.trace.recall.names import name
from suyuan.trace.recall.till import Blocked, StoppedLot, TillAnswer, ask, stopped_by_product

NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})
MOST_LOTS = 50  # of a product, in one answer
LONGEST_CODE = 2048


class Till:
    """Answers of one house. The block list is read anew only when it has changed. Safe from any thread."""

    def __init__(self, house: House, settings: Settings) -> None:
        self._house = house
        self._zone = ZoneInfo(settings.time_zone)
        self._lock = threading.Lock()
        self._signed = b""
        self._sequence = 0
        self._blocked: Blocked = {}
        self._stopped: Mapping[str, Sequence[StoppedLot]] = {}

    def check(self, code: str) -> Mapping[str, object]:
        """The answer to ``GET /api/check`` as JSON.

        Raises:
            InvalidInput: this is no code of goods; says which part is wrong.
        """
        identifier = self.identified(code)
        blocked, stopped, sequence = self._list()
        now = self._house.now()
        answer = ask(
            identifier,
            self._house.records,
            blocked,
            stopped,
            today=now.astimezone(self._zone).date(),
            zone=self._zone,
        )
        return self._told(answer, now, sequence)

    def identified(self, code: str) -> Identifier:
        """The goods that a code names: as scanned, typed, or read from a tag."""
        text = code.strip(" \t\r\n")
        if not text or len(text) > LONGEST_CODE:
            raise InvalidInput(
                "There is no code to look up",
                where="code",
                remedy="Scan the symbol, or type what is under it.",
            )
        try:
            found = scanned(text)
        except IdentifierError:
            found = self._typed(text)
        if found.kind in ("item", "lot", "unit", "product"):
            return found
        if found.kind == "other" and self._house.records.is_known(found.key):
            return found  # an identifier of the sender's own under which goods were recorded
        raise InvalidInput(
            "This code names no goods", where="code", remedy="Scan the code on the goods themselves."
        )

    def _typed(self, text: str) -> Identifier:
        return self._house.identified(typed_link(text))

    def _list(self) -> tuple[Blocked, Mapping[str, Sequence[StoppedLot]], int]:
        signed = self._house.block_list()
        with self._lock:
            if signed != self._signed:
                payload = orjson.loads(base64.b64decode(orjson.loads(signed)["payload"]))
                self._blocked, self._sequence = payload["keys"], payload["sequence"]
                self._stopped = stopped_by_product(self._blocked, self._house.records)
                self._signed = signed
            return self._blocked, self._stopped, self._sequence

    def _told(self, answer: TillAnswer, now: datetime, sequence: int) -> Mapping[str, object]:
        found = answer.identifier
        product = found.product_key or _product_of(answer.lot_key)
        keys = [] if product is None else [product]
        called = name(self._house.records.attributes(keys).get(product or "", NO_ATTRIBUTES))
        lot = found.lot or _lot_code(answer.lot_key)
        fields = {"case": answer.case, "lots": len(answer.stopped), "date": answer.last_day}
        fields["disposition"] = answer.disposition
        told: dict[str, object] = {
            "verdict": answer.verdict,
            "reason": {"code": answer.reason, **_sentences(answer.reason, fields)},
            "case": answer.case or None,
            "disposition": answer.disposition or None,
            "as_of": now.isoformat(timespec="seconds"),
            "block_list_sequence": sequence,
            "object": {
                "key": found.key,
                "kind": found.kind,
                "gtin": found.gtin,
                "lot": lot,
                "lot_key": answer.lot_key,
                "serial": found.serial,
                "sscc": found.sscc,
                "name": {"zh": called.zh, "en": called.en},
                "last_day": None if answer.last_day is None else answer.last_day.isoformat(),
            },
        }
        if answer.stopped:
            lots = answer.stopped[:MOST_LOTS]
            told["lots"] = [
                {"key": lot.key, "lot": lot.lot, "state": lot.state, "case": lot.case} for lot in lots
            ]
            told["more_lots"] = len(answer.stopped) - len(lots)
        return told


def _sentences(reason: str, fields: Mapping[str, object]) -> Mapping[str, str]:
    """The sentence of a reason in both languages."""
    spoken = [Speech(language).say(f"till.{reason}", **fields) for language in LANGUAGES]
    return dict(zip(("zh", "en"), spoken, strict=True))


def _product_of(lot_key: str | None) -> str | None:
    return None if lot_key is None else identify(lot_key).product_key


def _lot_code(lot_key: str | None) -> str | None:
    return None if lot_key is None else identify(lot_key).lot
