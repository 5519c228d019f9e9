"""``suyuan bench sun``: how fast taps of signing chips, marks and signatures are verified and judged."""

from __future__ import annotations

import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import orjson
import typer

from suyuan.api.database import prepared_engine
from suyuan.api.proofs import Proofs
from suyuan.trace.gs1 import Identifier, identify
from suyuan.trace.recall.passport import Level, Passport, Verdict, VerdictState
from suyuan.trace.register.labels import Sealed, SealKind
from suyuan.trace.scan.label_keys import LabelKeyFile, LabelKeySet
from suyuan.trace.scan.look import Look
from suyuan.trace.scan.proof import Counted, proof_of_label, proof_of_tap, seal, tap_in
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.tag_bindings import Binding, ChipKind, bind
from suyuan.trace.sun import Freshness, KeyFile, KeySet, Role, Tap
from suyuan.trace.sun.ciphers import BLOCK, ZERO, encrypt
from suyuan.trace.sun.taps import mac_of

_LINK = "https://trace.example.cn/01/06901234567892/10/L20260501/21/K7M2{number:08d}"
_OWNER = "https://id.gs1.org/417/9521234000013"
_NOW = datetime(2026, 5, 1, tzinfo=UTC)
_RUNS = 5
_CHIPS = 500
_HEAD = b"\xc7"


@dataclass(frozen=True, slots=True)
class _Chip:
    """A chip on an item."""

    uid: bytes
    item: Identifier

    def tap(self, keys: KeyFile, counter: int) -> str:
        """What it sends at this reading."""
        count = counter.to_bytes(3, "little")
        told = (_HEAD + self.uid + count).ljust(BLOCK, b"\0")
        hidden = encrypt(keys.tag_key(Role.META_READ, b"", 1), ZERO, told)
        mac = mac_of(keys.tag_key(Role.FILE_READ, self.uid, 1), self.uid, count)
        return f"e={hidden.hex().upper()}&c={mac.hex().upper()}"


def sun(
    count: Annotated[int, typer.Option(min=100, max=1_000_000, help="Taps in each run.")] = 20_000,
    writes: Annotated[int, typer.Option(min=1, max=100_000, help="Taps that are counted.")] = 2_000,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per row.")] = False,
) -> None:
    """Verify and judge taps, marks and signatures in one process; medians of five runs.

    The first rows are a second of one processor. In the last one every tap is also looked up, counted and on
    the disk before the next begins, by the clock.
    """
    keys = KeyFile({1: KeySet(1, "Suyuan", *(secrets.token_bytes(BLOCK) for _ in range(3)))})
    labels = LabelKeyFile([LabelKeySet(1, secrets.token_bytes(32), secrets.token_bytes(32))])
    items = [identify(_LINK.format(number=number)) for number in range(min(_CHIPS, count))]
    chips = [_Chip(secrets.token_bytes(7), item) for item in items]
    taps = [(chip, chip.tap(keys, turn)) for turn in range(1, count // len(chips) + 1) for chip in chips]
    _tell("tap verified and judged", _per_processor_second(len(taps), partial(_judge, taps, keys)), json)
    for kind in SealKind:
        sealed = Sealed(_OWNER, kind, labels.names[0])
        codes = [(chip.item, seal(labels, sealed, chip.item)) for chip in chips]
        rate = _per_processor_second(len(codes), partial(_check, codes, sealed, labels))
        _tell(f"{kind} of a label verified", rate, json)
    with tempfile.TemporaryDirectory(prefix="suyuan-bench-") as folder:
        _tell("tap looked up, counted, on the disk", _counted(Path(folder), chips, keys, writes), json)


def _judge(taps: Sequence[tuple[_Chip, str]], keys: KeyFile) -> None:
    for chip, query in taps:
        tap = tap_in(query, keys, lost=False)
        if not isinstance(tap, Tap) or tap.uid != chip.uid:
            raise AssertionError(query)
        counted = Counted(Freshness.FRESH, _NOW, same=True)
        if proof_of_tap(counted, _NOW, bound=(chip.item.key,), own=(chip.item.key,)).level is not Level.TAP:
            raise AssertionError(query)


def _check(codes: Sequence[tuple[Identifier, str]], sealed: Sealed, labels: LabelKeyFile) -> None:
    for item, query in codes:
        proof_of_label(item, query, sealed, labels)


def _per_processor_second(count: int, work: Callable[[], None]) -> float:
    rates: list[float] = []
    for _ in range(_RUNS):
        began = time.process_time()
        work()
        rates.append(count / (time.process_time() - began))
    return statistics.median(rates)


def _counted(folder: Path, chips: Sequence[_Chip], keys: KeyFile, writes: int) -> float:
    engine = prepared_engine(folder / "suyuan.db")
    try:
        with Writing(engine) as writing:
            for chip in chips:
                told = Binding(chip.item.key, chip.uid.hex().upper(), ChipKind.SUN, _OWNER, _NOW, "bench")
                bind(writing, told)
        proofs = Proofs(engine, sun=keys)
        looks = list(_looks(chips, keys, writes))
        began = time.perf_counter()
        for passport, look in looks:
            if proofs.of(passport, look).level is not Level.TAP:
                raise AssertionError(look.query)
        return writes / (time.perf_counter() - began)
    finally:
        engine.dispose()


def _looks(chips: Sequence[_Chip], keys: KeyFile, writes: int) -> Iterator[tuple[Passport, Look]]:
    verdict = Verdict(VerdictState.REGISTERED, (), _NOW)
    for at in range(writes):
        chip = chips[at % len(chips)]
        item = chip.item
        passport = Passport(key=item.key, digital_link=item.key, kind="item", verdict=verdict)
        yield passport, Look(_NOW, chip.tap(keys, 1 + at // len(chips)), visitor=b"bench")


def _tell(row: str, rate: float, json: bool) -> None:
    told = {"row": row, "per_second": round(rate)}
    typer.echo(orjson.dumps(told).decode() if json else f"{row:38}{round(rate):10,}/s")
