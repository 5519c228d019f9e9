"""Recalls of made-up food, and photos that show what a test says they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from suyuan.trace.errors import InvalidInput
from suyuan.trace.recall.bulletin import Bulletin, RecalledLot
from suyuan.trace.recall.passport import RecallNotice, Text

GTIN = "09506000134352"
SALAD = Text("凯撒沙拉（生菜鸡胸肉）", "Caesar salad with chicken")
LOTS = (
    RecalledLot(
        f"https://trace.example.cn/01/{GTIN}/10/L2611-07",
        f"https://id.gs1.org/01/{GTIN}",
        GTIN,
        SALAD,
        "L2611-07",
        date(2026, 11, 13),
        date(2026, 11, 27),
    ),
    RecalledLot(
        f"https://trace.example.cn/01/{GTIN}/10/L2611-08",
        f"https://id.gs1.org/01/{GTIN}",
        GTIN,
        SALAD,
        "L2611-08",
    ),
)


NOTICE = RecallNotice(
    "R2026-0007",
    "recall",
    Text("召回 L2611-07 批次凯撒沙拉", "Recall of Caesar salad, batch L2611-07"),
    Text("抽检发现沙门氏菌。", "Salmonella was found in a sample."),
    Text(
        "不要食用；退回任何门店，凭包装全额退款。",
        "Do not eat it. Return it to any shop for a full refund; no receipt is needed.",
    ),
    "0512-5550 0188",
    datetime(2026, 11, 21, 7, 42, tzinfo=UTC),
)


def _notice(number: str, kind: str, title: Text) -> RecallNotice:
    return replace(NOTICE, number=number, kind=kind, title=title)


BULLETINS = (
    Bulletin("R2026-0007", (NOTICE,), LOTS, all_listed=True),
    Bulletin(
        "R2026-0005",
        (_notice("R2026-0005", "warning", Text("面包丁异物", "Foreign matter in croutons")),),
        (),
        single_items=3,
        words="09506000134369\n面包丁\ncroutons",
    ),
    Bulletin(
        "R2026-0002",
        (_notice("R2026-0002", "past-recall", Text("豆浆净含量不足", "Soy milk underfilled")),),
        (),
    ),
)


class FakeShopping:
    """Implements ``suyuan.portal.shopper.services.Shopping``."""

    public_url = "https://trace.example.cn"

    def __init__(self, bulletins: Sequence[Bulletin] = BULLETINS) -> None:
        self._bulletins = bulletins

    def bulletins(self) -> Sequence[Bulletin]:
        return self._bulletins

    def symbols(self, photo: bytes) -> Sequence[str]:
        """The lines of a photo are its symbols."""
        if not photo.startswith(b"photo"):
            raise InvalidInput("This picture cannot be opened", where="photo")
        return photo.decode().splitlines()[1:]
