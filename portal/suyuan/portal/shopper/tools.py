"""What the tools below a passport need to know of its goods: all of it stays on the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from suyuan.portal.shopper.files import assets_path
from suyuan.trace.recall.passport import Passport, VerdictState


@dataclass(frozen=True, slots=True)
class Tools:
    """``link`` is the path that the fridge keeps; ``fridge`` whether there is anything to put into one."""

    link: str
    state: str
    lot: str
    last_day: str
    zh: str
    en: str
    script: str

    @property
    def fridge(self) -> bool:
        """Whether it is on record: what nobody knows has no place in a fridge."""
        return self.state != VerdictState.UNKNOWN.value

    @property
    def search(self) -> str:
        """What recalls of the same product are looked for by."""
        return self.zh or self.en


def tools_of(passport: Passport, link: str, last_day: date | None) -> Tools:
    """The tools of the passport at ``link``, a path without what a chip signed."""
    name = passport.product.name if passport.product else None
    return Tools(
        link=link.partition("?")[0],
        state=passport.verdict.state.value,
        lot=passport.lot or "",
        last_day=last_day.isoformat() if last_day else "",
        zh=name.zh if name else "",
        en=name.en if name else "",
        script=f"{assets_path()}/tools.js",
    )
