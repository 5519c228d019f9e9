"""What somebody may do about a case as it stands: the steps that its page offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from suyuan.trace.recall.cases import FOLLOWS
from suyuan.trace.recall.recall import Act, Case, CaseState, Proposal, Urgent
from suyuan.trace.recall.steps import conducts
from suyuan.trace.store.sight import Viewer

Possible = Literal[
    "hold", "publish", "complete", "release", "warn", "hold-at-once", "proposal-confirm", "proposal-refuse",
    "proposal-withdraw", "urgent-confirm", "urgent-refuse", "ask",
]  # fmt: skip
"""A step upon a case as its page offers it; the first five are proposals."""

_PROPOSALS: Mapping[Act, Possible] = {
    Act.HOLD: "hold",
    Act.PUBLISH: "publish",
    Act.COMPLETE: "complete",
    Act.RELEASE: "release",
    Act.WARN: "warn",
}


def possible(case: Case, actor: Viewer, *, alone: bool = False) -> frozenset[Possible]:
    """The steps that a case as it stands leaves to the actor: those that no check of ``steps`` refuses.

    ``alone`` says that the installation lets one person decide.
    """
    if not conducts(case, actor):
        return frozenset()
    follows = FOLLOWS[case.state] - (frozenset() if actor.role == "regulator" else {Act.WARN})
    found: set[Possible] = set()
    if case.proposal is None:
        found |= {_PROPOSALS[act] for act in follows}
    else:
        found |= _answers("proposal-confirm", "proposal-refuse", case.proposal, actor, alone=alone)
        if case.proposal.by == actor.name:
            found.add("proposal-withdraw")
    if Act.HOLD in follows:
        found.add("hold-at-once")
    if case.urgent is not None:
        found |= _answers("urgent-confirm", "urgent-refuse", case.urgent, actor, alone=alone)
    if actor.role == "regulator" and case.state is not CaseState.RELEASED:
        found.add("ask")
    return frozenset(found)


def _answers(
    confirm: Possible, refuse: Possible, first: Proposal | Urgent, actor: Viewer, *, alone: bool
) -> set[Possible]:
    if first.party != actor.party:
        return set()
    if first.by == actor.name:
        return {confirm} if alone else set()
    return {confirm, refuse}
