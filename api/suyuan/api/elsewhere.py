"""What lies beyond the competence of an officer's authority, and with whom it lies then."""

from __future__ import annotations

from suyuan.api.around import Around
from suyuan.api.competence import StoredRegister
from suyuan.trace.errors import NotAllowed
from suyuan.trace.gs1 import site
from suyuan.trace.store.sight import Reach, Viewer, reach_of


class LiesElsewhere(NotAllowed):
    """What an officer asks for lies with another authority, or with none that is registered."""

    code = "lies-elsewhere"
    title = "This lies beyond your authority's competence"


def is_bounded(viewer: Viewer) -> bool:
    """Whether a viewer is an officer whose authority is not competent for everything."""
    return viewer.role == "regulator" and reach_of(viewer) is not Reach.ALL


def lies_elsewhere(house: Around, viewer: Viewer, place: str | None) -> LiesElsewhere:
    """Who is competent for a place, in words; None for a place that is not known."""
    if viewer.competence is None:
        return LiesElsewhere(
            "Your authority is not in the register with its stages and regions",
            remedy="Ask the operator of the platform to enter its competence.",
        )
    register = StoredRegister(house.engine)
    facts = register.facts([place, site(place)] if place else [])
    stage, district = next(iter(facts.values()), ("", ""))
    theirs = [
        party
        for party, competence in (register.authorities() if stage else ())
        if competence.covers(stage, district)
    ]
    if not theirs:
        return LiesElsewhere(
            "This lies beyond the competence of your authority; which one is competent is not on record",
            remedy="If it belongs to an incident of yours, open a case: its trace is shown as a whole.",
        )
    labels = house.labels(theirs)
    names = ", ".join(labels[party].name.zh or labels[party].name.en or party for party in theirs)
    return LiesElsewhere(
        "This lies with {authorities}",
        authorities=names,
        remedy="Ask them. If it belongs to an incident of yours, open a case: its trace is shown whole.",
    )
