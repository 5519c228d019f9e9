"""The licences of whoever runs the station, as its file names them.

::

    [[licences]]
    kind = "SC"                         # production licence 食品生产许可证
    number = "SC10633010101234"
    holder = "杭州乳业"
    until = 2028-05-31                  # the last day on which it is good
    steps = ["commission", "transform"]
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from suyuan.readers.station.config import Section
from suyuan.readers.station.order import Step
from suyuan.readers.station.table import Table, wrong


@dataclass(frozen=True, slots=True)
class Licence:
    """What ``steps`` need, good up to and including the day ``until``."""

    kind: str
    number: str
    holder: str
    until: date
    steps: tuple[Step, ...]


def _licence(table: Table) -> Licence:
    until = table.day("until")
    if until is None:
        raise wrong(table.path("until"), "A licence needs its last day.", "Give a date such as 2028-05-31.")
    steps = table.choices("steps", Step)
    return Licence(
        table.text("kind", default="SC"),
        table.text("number"),
        table.text("holder", default=""),
        until,
        steps or (Step.COMMISSION, Step.TRANSFORM),
    )


LICENCES = Section("licences", _licence)
