"""A trade at its beginning: plan, incident and mischief drawn, every site about to open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from random import Random

from suyuan.simulator.trade.centres import open_centres
from suyuan.simulator.trade.course import Course, Yard, midnight
from suyuan.simulator.trade.deeds import DAY
from suyuan.simulator.trade.farms import open_farms
from suyuan.simulator.trade.goods import CROPS
from suyuan.simulator.trade.incident import Incident, Source
from suyuan.simulator.trade.mischief import plotted
from suyuan.simulator.trade.plan import Extent, Plan, Site, lay_out
from suyuan.simulator.trade.plants import open_plants
from suyuan.simulator.trade.shops import open_shops
from suyuan.trace.errors import WrongUse

CONTAMINATED_DAYS = 3
_BEGINS = 0.15
"""Share of the days after which contamination begins: goods must still reach the shops."""
_HEATED_AT_HOME = frozenset({"tray", "rice", "dumpling"})
"""Lines whose goods nobody eats raw."""
_LEAST = 1e-6
"""So that an outbreak can begin where all goods are heated, if there is nothing else."""


def begun(
    extent: Extent,
    *,
    mischief: Mapping[str, int] | None = None,
    outbreak: str | None = None,
    pathogen: str = "salmonella",
    cases: int = 20,
) -> Course:
    """The course of a trade, about to be asked for its deeds. ``outbreak``: "farm", "plant" or none.

    Raises:
        WrongUse, TooLarge: see :func:`suyuan.simulator.trade.plan.lay_out`.
    """
    plan = lay_out(extent)
    begins = midnight(extent.begins)
    ends = begins + extent.days * DAY
    random = Random(f"incident {extent.seed}")  # noqa: S311 - repeatable, no secret
    source = None if outbreak is None else _source(plan, outbreak, begins, random, pathogen, cases)
    course = Course(
        plan,
        Random(f"course {extent.seed}"),  # noqa: S311
        plotted(mischief or {}, begins, ends, Random(f"mischief {extent.seed}")),  # noqa: S311
        Incident(random, source),
        begins,
        ends,
        yards=[Yard() for _ in plan.sites],
    )
    open_farms(course)
    open_plants(course)
    open_centres(course)
    open_shops(course)
    return course


def _source(plan: Plan, outbreak: str, begins: int, random: Random, pathogen: str, cases: int) -> Source:
    """A farm or a packer, drawn by size and by how much of its goods reaches shops unheated."""
    if outbreak not in ("farm", "plant"):
        raise WrongUse("An outbreak begins at a farm or a plant.", remedy='Write "farm" or "plant".')
    sites = plan.stage("farm" if outbreak == "farm" else "packer")
    raw = _raw_shares(plan)
    weights = [site.size * max(raw[site.number], _LEAST) for site in sites]
    site = random.choices(sites, weights)[0]
    first = begins + int(plan.extent.days * _BEGINS) * DAY
    return Source(site.number, first, first + CONTAMINATED_DAYS * DAY, pathogen, cases)


def _raw_shares(plan: Plan) -> Mapping[int, float]:
    """Of each plant and farm the share of its goods that is eaten without heat on the way or at home."""
    found: dict[int, float] = {}
    for site in plan.stage("packer"):
        found[site.number] = float(site.does not in _HEATED_AT_HOME)
    for site in plan.stage("processor"):
        found[site.number] = _raw_share(plan, site, plan.lines[site.does].gives, found)
    for site in plan.stage("farm"):
        found[site.number] = _raw_share(plan, site, [CROPS[site.does].goods], found)
    return found


def _raw_share(plan: Plan, site: Site, sold: Iterable[str], raw: Mapping[int, float]) -> float:
    """Of what a place sells: what becomes of it at each buyer, by the buyers' shares."""
    if site.does in plan.lines and plan.lines[site.does].kills:
        return 0.0
    shares: list[float] = []
    for goods in sold:
        route = plan.routes.get((site.number, goods))
        if route is not None:
            parts = [until - before for before, until in pairwise((0.0, *route.shares))]
            eaten = [
                0.0 if plan.lines[plan.sites[buyer].does].kills else part * raw[buyer]
                for buyer, part in zip(route.buyers, parts, strict=True)
            ]
            shares.append(sum(eaten) / route.shares[-1])
    return sum(shares) / max(len(shares), 1)
