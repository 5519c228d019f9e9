"""What a deed is called in the words of EPCIS and CBV, and the keys of everything it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from suyuan.simulator.trade.deeds import NOWHERE, Act, Deed, Mention
from suyuan.simulator.trade.goods import THOUSANDTHS
from suyuan.simulator.trade.numbering import Series, SeriesKind
from suyuan.simulator.trade.plan import Plan
from suyuan.trace.lineage.digest import NAMESPACE


@dataclass(frozen=True, slots=True)
class Words:
    """Event type, action, business step and disposition (CBV 2.0 §7.1, §7.2)."""

    type: str
    action: str | None
    biz_step: str
    disposition: str


WORDS: Mapping[Act, Words] = MappingProxyType(
    {
        Act.GROW: Words("ObjectEvent", "ADD", "commissioning", "active"),
        Act.FILL: Words("AggregationEvent", "ADD", "packing", "in_progress"),
        Act.PACK: Words("AggregationEvent", "ADD", "packing", "in_progress"),
        Act.UNPACK: Words("AggregationEvent", "DELETE", "unpacking", "in_progress"),
        Act.MAKE: Words("TransformationEvent", None, "creating_class_instance", "active"),
        Act.SHIP: Words("ObjectEvent", "OBSERVE", "shipping", "in_transit"),
        Act.RECEIVE: Words("ObjectEvent", "OBSERVE", "receiving", "in_progress"),
        Act.STORE: Words("ObjectEvent", "OBSERVE", "storing", "in_progress"),
        Act.SELL: Words("ObjectEvent", "OBSERVE", "retail_selling", "retail_sold"),
        Act.DESTROY: Words("ObjectEvent", "DELETE", "destroying", "destroyed"),
        Act.NUMBER: Words("ObjectEvent", "ADD", "commissioning", "active"),
    }
)


class Names:
    """Keys of a trade's sites and things; those of sites are worked out once."""

    def __init__(self, plan: Plan, series: Sequence[Series], seed: int) -> None:
        self.series = series
        self.places = [site.key for site in plan.sites]
        self.parties = [site.party for site in plan.sites]
        self._seed = seed & 0xFFFFFF

    def door(self, deed: Deed) -> str:
        """The read point at which a deed is told."""
        return f"{self.places[deed.site]}/254/{deed.act.value}"

    def ends(self, site: int) -> tuple[str, ...]:
        """A site as source or destination: whose it is, and where; nothing for nowhere."""
        return () if site == NOWHERE else (self.parties[site], self.places[site])

    def keys(self, mention: Mention) -> list[str]:
        """Of every thing in a mention."""
        series = self.series[mention.series]
        return [series.key(number) for number in range(mention.first, mention.first + mention.count)]

    def is_class(self, mention: Mention) -> bool:
        """Whether it is of a lot, and of no thing with a number of its own."""
        return self.series[mention.series].kind is SeriesKind.LOT

    def transformation_id(self, deed: Deed) -> str | None:
        """Of a transformation that is told by several events."""
        return f"{NAMESPACE}batch/{self._seed}-{deed.transformation}" if deed.transformation else None

    def event_id(self, event: int, at: int) -> str:
        """A UUID of version 7 made of instant, number and seed: the same again at every telling."""
        low = event & 0xFFFFFFFFFF
        return (
            f"urn:uuid:{at >> 16 & 0xFFFFFFFF:08x}-{at & 0xFFFF:04x}-7{self._seed >> 12:03x}"
            f"-8{self._seed & 0xFFF:03x}-{low:012x}"
        )


def quantity(mention: Mention) -> float | None:
    """An amount in pieces, or in its unit."""
    if mention.amount is None:
        return None
    return float(mention.amount) if mention.uom is None else mention.amount / THOUSANDTHS


def things_brought(deed: Deed, names: Names) -> Sequence[Mention]:
    """What a deed brings about that has numbers of its own."""
    if deed.brought is None or deed.act is Act.MAKE:
        return ()
    return [one for one in deed.mentions if not names.is_class(one)]
