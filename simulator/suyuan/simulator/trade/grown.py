"""A trade at its beginning: plan, incident and mischief drawn, every site about to open."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from suyuan.simulator.trade.centres import open_centres
from suyuan.simulator.trade.course import Course, Yard, midnight
from suyuan.simulator.trade.deeds import DAY
from suyuan.simulator.trade.farms import open_farms
from suyuan.simulator.trade.incident import Incident, Source
from suyuan.simulator.trade.mischief import plotted
from suyuan.simulator.trade.plan import Extent, Plan, lay_out
from suyuan.simulator.trade.plants import open_plants
from suyuan.simulator.trade.shops import open_shops
from suyuan.trace.errors import WrongUse

CONTAMINATED_DAYS = 3
_BEGINS = 0.15
"""Share of the days after which contamination begins: goods must still reach the shops."""
_HARMLESS = ("milk", "pork", "rice")
"""Crops that are heated at a plant or at home; outbreaks begin with others if there are any."""


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
    if outbreak == "farm":
        sites = plan.stage("farm")
        sites = [site for site in sites if site.does not in _HARMLESS] or sites
    elif outbreak == "plant":
        sites = [site for site in plan.stage("packer") if site.does != "rice"] or plan.stage("packer")
    else:
        raise WrongUse("An outbreak begins at a farm or a plant.", remedy='Write "farm" or "plant".')
    site = random.choices(sites, [site.size for site in sites])[0]
    first = begins + int(plan.extent.days * _BEGINS * DAY) // DAY * DAY
    return Source(site.number, first, first + CONTAMINATED_DAYS * DAY, pathogen, cases)
