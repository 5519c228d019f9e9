"""Who may take which step: two persons, whatever the order of their actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from suyuan.trace.errors import Conflict, InvalidInput, NotAllowed, NotFound, SuyuanError
from suyuan.trace.lineage.contract import ScopeLine, Suspect
from suyuan.trace.recall import steps
from suyuan.trace.recall.blocklist import blocked_keys
from suyuan.trace.recall.cases import FOLLOWS, Entry, draft_payload, replay
from suyuan.trace.recall.division import Request
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.possible import possible
from suyuan.trace.recall.recall import Act, Case, CaseDraft, CaseState, Initiative, RiskWarning, Step
from suyuan.trace.recall.steps import Cover
from suyuan.trace.store.sight import EVERYTHING, Competence, Viewer

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
BUREAU, OTHER, COMPANY = "bureau", "other bureau", "company"
ADA = Viewer("Ada", "regulator", BUREAU, EVERYTHING)
BO = Viewer("Bo", "regulator", BUREAU, EVERYTHING)
CY = Viewer("Cy", "regulator", OTHER, EVERYTHING)
DI = Viewer("Di", "company", COMPANY)
ED = Viewer("Ed", "administrator", BUREAU)
FY = Viewer("Fy", "station", BUREAU)
EVERYONE = (ADA, BO, CY, DI, ED, FY)
LINE = ScopeLine("shop", "p", "in_stock", None, 1, 1.0, 0.0, None, 1.0, ("a",))
COVER = Cover((LINE,), frozenset({"a"}))
FARM = ScopeLine("farm", "p", "in_stock", "KGM", 1, 5.0, 0.0, None, 5.0, ("b",))
WARNING = RiskWarning(Text("请勿食用"), "Province", "2026-17")
DRAFT = CaseDraft(
    title=Text("召回"),
    reason=Text("原因"),
    hazard="microbial",
    recall_class=1,
    what_to_do=Text("退货"),
    contact="12315",
    suspects=(Suspect("a"),),
    initiative=Initiative.ORDERED,
    known_at=NOW,
    party=BUREAU,
)


class Log:
    """A log of one case in memory."""

    def __init__(self, draft: CaseDraft = DRAFT) -> None:
        self.entries = [Entry("R1", NOW, ADA.name, Step.DRAFT.value, draft_payload(draft))]

    @property
    def case(self) -> Case:
        return replay(self.entries)["R1"]

    def add(self, step: Callable[[Case], Entry]) -> Case:
        self.entries.append(step(self.case))
        return self.case

    def decide(self, act: Act, by: Viewer = ADA, second: Viewer = BO) -> Case:
        warning = WARNING if act is Act.WARN else None
        self.add(lambda c: steps.proposed(c, act, by, "why", COVER, NOW, warning=warning))
        return self.add(lambda c: steps.confirmed(c, c.proposals, second, COVER, NOW))


def test_nothing_happens_before_a_second_person_and_then_it_does() -> None:
    log = Log()
    proposed = log.add(lambda c: steps.proposed(c, Act.HOLD, ADA, "Glass", COVER, NOW))
    assert (proposed.state, proposed.keys, proposed.proposals) == (CaseState.DRAFT, frozenset(), 1)
    assert blocked_keys([proposed]) == {}
    with pytest.raises(steps.SecondPersonNeeded):
        steps.confirmed(proposed, 1, ADA, COVER, NOW)
    more = Cover((LINE,), frozenset({"a", "b"}))
    held = log.add(lambda c: steps.confirmed(c, 1, BO, more, NOW))
    assert (held.state, held.keys, held.proposal) == (CaseState.HELD, {"a", "b"}, None)
    last = held.log[-1]
    assert (last.by, last.proposed_by, last.note, last.added, last.dropped, last.alone) == (
        "Bo",
        "Ada",
        "Glass",
        1,
        0,
        False,
    )


def urgently(case: Case) -> Entry:
    return steps.held_at_once(case, ADA, "why", COVER, NOW)


def proposes(act: Act) -> Callable[[Case], Entry]:
    return lambda case: steps.proposed(case, act, ADA, "why", COVER, NOW, warning=WARNING)


def standings() -> Iterator[tuple[str, Case]]:
    """A case in every state, with and without something proposed by Ada, with and without an urgent hold."""
    begun: tuple[tuple[str, Sequence[Act]], ...] = (
        ("draft", ()), ("held", (Act.HOLD,)), ("published", (Act.HOLD, Act.PUBLISH)),
        ("released", (Act.HOLD, Act.RELEASE)), ("warned", (Act.HOLD, Act.WARN)),
        ("completed", (Act.PUBLISH, Act.COMPLETE)), ("revoked", (Act.PUBLISH, Act.COMPLETE, Act.RELEASE)),
    )  # fmt: skip
    for name, acts in begun:
        for urgent in (False, True) if not acts else (False,):
            log = Log()
            for act in acts:
                log.decide(act)
            if urgent:
                log.add(urgently)
            whole = f"{name}, held at once" if urgent else name
            yield whole, log.case
            for act in sorted(FOLLOWS[log.case.state]):
                wanted = Log()
                wanted.entries = [*log.entries]
                yield f"{whole}, {act.name} proposed", wanted.add(proposes(act))
    for role, party in (("company", COMPANY), ("regulator", "")):
        yield f"draft of {role} {party}", Log(replace(DRAFT, role=role, party=party)).case


def allowed(case: Case, by: Viewer, *, alone: bool) -> set[str]:
    """The steps that the checks do not refuse, each tried."""
    number = 0 if case.proposal is None else case.proposal.number
    tried: Mapping[str, Callable[[], object]] = {
        name: lambda act=act: steps.proposed(case, act, by, "why", COVER, NOW, warning=WARNING)
        for name, act in (
            ("hold", Act.HOLD), ("publish", Act.PUBLISH), ("complete", Act.COMPLETE),
            ("release", Act.RELEASE), ("warn", Act.WARN),
        )
    } | {
        "hold-at-once": lambda: steps.held_at_once(case, by, "why", COVER, NOW),
        "proposal-confirm": lambda: steps.confirmed(case, number, by, COVER, NOW, alone=alone),
        "proposal-refuse": lambda: steps.refused(case, number, by, "why", NOW),
        "proposal-withdraw": lambda: steps.withdrawn(case, number, by, "why", NOW),
        "urgent-confirm": lambda: steps.hold_confirmed(case, by, NOW, alone=alone),
        "urgent-refuse": lambda: steps.hold_refused(case, by, "why", NOW),
        "ask": lambda: steps.check_may_ask(case, by, "why"),
    }  # fmt: skip
    found: set[str] = set()
    for name, take in tried.items():
        try:
            take()
        except (NotAllowed, Conflict):
            continue
        found.add(name)
    return found


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("by", EVERYONE, ids=lambda by: by.name)
@pytest.mark.parametrize(
    ("standing", "case"), list(standings()), ids=lambda one: one if isinstance(one, str) else ""
)
def test_what_is_possible_is_what_no_check_refuses(
    standing: str, case: Case, by: Viewer, *, alone: bool
) -> None:
    assert possible(case, by, alone=alone) == allowed(case, by, alone=alone), standing


@pytest.mark.parametrize("by", [CY, DI, ED, FY], ids=lambda by: by.name)
def test_who_does_not_conduct_the_case_takes_no_step(by: Viewer) -> None:
    log = Log()
    with pytest.raises(NotAllowed):
        steps.proposed(log.case, Act.HOLD, by, "x", COVER, NOW)
    with pytest.raises(NotAllowed):
        steps.held_at_once(log.case, by, "x", COVER, NOW)
    log.add(lambda c: steps.proposed(c, Act.HOLD, ADA, "x", COVER, NOW))
    with pytest.raises(NotAllowed):
        steps.confirmed(log.case, 1, by, COVER, NOW, alone=True)
    with pytest.raises(NotAllowed):
        steps.refused(log.case, 1, by, "x", NOW)
    with pytest.raises(NotAllowed):
        steps.withdrawn(log.case, 1, by, "x", NOW)


def test_one_person_confirms_only_where_the_installation_allows_it_and_that_is_marked() -> None:
    log = Log()
    log.add(lambda c: steps.proposed(c, Act.HOLD, ADA, "x", COVER, NOW))
    assert log.add(lambda c: steps.confirmed(c, 1, ADA, COVER, NOW, alone=True)).log[-1].alone


def test_a_proposal_is_withdrawn_by_its_author_or_refused_by_another_with_a_reason() -> None:
    log = Log()
    log.add(lambda c: steps.proposed(c, Act.HOLD, ADA, "x", COVER, NOW))
    with pytest.raises(NotAllowed, match="only who proposed"):
        steps.withdrawn(log.case, 1, BO, "x", NOW)
    with pytest.raises(steps.SecondPersonNeeded):
        steps.refused(log.case, 1, ADA, "x", NOW)
    with pytest.raises(InvalidInput, match="Say why"):
        steps.refused(log.case, 1, BO, " ", NOW)
    assert log.add(lambda c: steps.refused(c, 1, BO, "not yet", NOW)).proposal is None
    with pytest.raises(steps.DecisionRefused):
        steps.confirmed(log.case, 1, BO, COVER, NOW)
    log.add(lambda c: steps.proposed(c, Act.HOLD, ADA, "x", COVER, NOW))
    withdrawn = log.add(lambda c: steps.withdrawn(c, 2, ADA, "mistake", NOW))
    assert [(one.what, one.act, one.note) for one in withdrawn.log[2:]] == [
        ("refused", "held", "not yet"),
        ("proposed", "held", "x"),
        ("withdrawn", "held", "mistake"),
    ]


def test_an_urgent_hold_stands_until_a_second_person_speaks() -> None:
    log = Log()
    held = log.add(lambda c: steps.held_at_once(c, ADA, "Glass", COVER, NOW))
    assert (held.state, held.keys) == (CaseState.HELD, {"a"})
    assert held.urgent is not None
    with pytest.raises(steps.SecondPersonNeeded):
        steps.hold_confirmed(held, ADA, NOW + timedelta(days=9))
    with pytest.raises(steps.SecondPersonNeeded):
        steps.hold_refused(held, ADA, "x", NOW)
    confirmed = replay([*log.entries, steps.hold_confirmed(held, BO, NOW)])["R1"]
    assert (confirmed.state, confirmed.urgent) == (CaseState.HELD, None)
    refused = replay([*log.entries, steps.hold_refused(held, BO, "ice", NOW)])["R1"]
    assert (refused.state, refused.urgent, blocked_keys([refused])) == (CaseState.RELEASED, None, {})
    assert (refused.log[-1].note, refused.held_at) == ("ice", NOW)


def test_what_no_longer_follows_is_no_longer_proposed() -> None:
    log = Log()
    log.add(lambda c: steps.proposed(c, Act.HOLD, ADA, "x", COVER, NOW))
    held = log.add(lambda c: steps.held_at_once(c, BO, "now", COVER, NOW))
    assert held.proposal is None
    log.add(lambda c: steps.proposed(c, Act.PUBLISH, ADA, "x", COVER, NOW))
    published = log.add(lambda c: steps.confirmed(c, 2, BO, COVER, NOW))
    assert (published.state, published.urgent) == (CaseState.PUBLISHED, None)


def test_nobody_holds_what_is_wholly_beyond_their_competence() -> None:
    log, beyond = Log(), Cover((), frozenset(), 3)
    with pytest.raises(steps.BeyondCompetence):
        steps.held_at_once(log.case, ADA, "x", beyond, NOW)
    with pytest.raises(steps.BeyondCompetence):
        steps.proposed(log.case, Act.HOLD, ADA, "x", beyond, NOW)
    log.add(lambda c: steps.proposed(c, Act.HOLD, ADA, "x", COVER, NOW))
    with pytest.raises(steps.BeyondCompetence):
        steps.confirmed(log.case, 1, BO, beyond, NOW)


def test_the_competence_of_who_decided_stays_with_the_case() -> None:
    limited = Competence(frozenset({"retail"}), frozenset({"33"}))
    log = Log()
    held = log.add(lambda c: steps.held_at_once(c, replace(ADA, competence=limited), "x", COVER, NOW))
    assert held.competence == limited
    proposed = log.add(lambda c: steps.proposed(c, Act.RELEASE, ADA, "x", Cover(), NOW))
    assert proposed.competence == limited


def test_a_warning_is_an_act_of_an_authority_with_its_authorisation() -> None:
    log = Log()
    with pytest.raises(steps.DecisionRefused):  # nothing is held yet
        steps.proposed(log.case, Act.WARN, ADA, "x", COVER, NOW, warning=WARNING)
    log.decide(Act.HOLD)
    for lacking in (None, replace(WARNING, authorised_by=""), replace(WARNING, document="")):
        with pytest.raises(InvalidInput):
            steps.proposed(log.case, Act.WARN, ADA, "x", COVER, NOW, warning=lacking)
    warned = log.decide(Act.WARN)
    assert (warned.state, warned.warning, warned.warned_at) == (CaseState.HELD, WARNING, NOW)
    company = Log(replace(DRAFT, party=COMPANY, role="company", initiative=Initiative.VOLUNTARY))
    company.add(lambda c: steps.held_at_once(c, DI, "x", COVER, NOW))
    with pytest.raises(NotAllowed, match="authority"):
        steps.proposed(company.case, Act.WARN, DI, "x", COVER, NOW, warning=WARNING)


def test_a_request_is_answered_once_by_whom_it_is_addressed_to() -> None:
    log = Log()
    request = Request(OTHER, "farm", "330110", (FARM,), frozenset({"b"}))
    asked = log.add(lambda c: steps.transferred(c, "Ada", NOW, number=1, request=request))
    assert (asked.transfers[0].to, asked.transfers[0].places, asked.keys) == (OTHER, ("farm",), frozenset())
    for by in (ADA, DI, ED):
        with pytest.raises(NotFound):
            steps.transfer_answered(asked, 1, by, Step.TRANSFER_REFUSED, "no", NOW)
    with pytest.raises(InvalidInput):
        steps.transfer_answered(asked, 1, CY, Step.TRANSFER_REFUSED, "", NOW)
    done = log.add(
        lambda c: steps.transfer_answered(c, 1, CY, Step.TRANSFER_ACCEPTED, "", NOW, new_case="R2")
    )
    assert (done.transfers[0].state, done.transfers[0].case) == ("accepted", "R2")
    with pytest.raises(steps.DecisionRefused):
        steps.transfer_answered(done, 1, CY, Step.TRANSFER_ANSWERED, "late", NOW)


def test_a_case_of_before_there_were_parties_is_any_authoritys() -> None:
    log = Log(replace(DRAFT, party=""))
    assert log.decide(Act.HOLD).state is CaseState.HELD
    log.add(lambda c: steps.proposed(c, Act.PUBLISH, ADA, "x", COVER, NOW))
    with pytest.raises(steps.NotTheirCase):
        steps.confirmed(log.case, 2, CY, COVER, NOW)


people = st.sampled_from([ADA, BO, ADA, BO, ADA, BO, *EVERYONE])  # mostly those who can do something
covers = st.sampled_from([COVER, COVER, COVER, Cover(), Cover((), frozenset(), 1)])


class AnyOrder(RuleBasedStateMachine):
    """Everybody tries everything in any order; what came about was wanted by two of the bureau."""

    @initialize()
    def begin(self) -> None:
        self.log = Log()
        self.published_by: set[str] = set()

    def attempt(self, step: Callable[[Case], Entry]) -> None:
        before = self.log.case
        try:
            after = self.log.add(step)
        except SuyuanError:
            assert self.log.case == before
            return
        last = after.log[-1]
        if last.what in (Act.PUBLISH, Act.WARN, Act.RELEASE) or (last.what == Act.HOLD and not last.urgent):
            assert {last.by, last.proposed_by} == {ADA.name, BO.name}
        if last.what == Step.CONFIRMED:
            assert before.urgent is not None
            assert {last.by, before.urgent.by} == {ADA.name, BO.name}
        assert last.by in {ADA.name, BO.name}

    @rule(by=people, act=st.sampled_from(Act), cover=covers)
    def propose(self, by: Viewer, act: Act, cover: Cover) -> None:
        self.attempt(lambda c: steps.proposed(c, act, by, "why", cover, NOW, warning=WARNING))

    @rule(by=people, number=st.integers(0, 4), cover=covers)
    def confirm(self, by: Viewer, number: int, cover: Cover) -> None:
        self.attempt(lambda c: steps.confirmed(c, number, by, cover, NOW))

    @rule(by=people, cover=covers)
    def confirm_what_is_open(self, by: Viewer, cover: Cover) -> None:
        self.attempt(lambda c: steps.confirmed(c, c.proposals, by, cover, NOW))

    @rule(by=people)
    def withdraw(self, by: Viewer) -> None:
        self.attempt(lambda c: steps.withdrawn(c, c.proposals, by, "why", NOW))

    @rule(by=people)
    def refuse(self, by: Viewer) -> None:
        self.attempt(lambda c: steps.refused(c, c.proposals, by, "why", NOW))

    @rule(by=people, cover=covers)
    def hold_at_once(self, by: Viewer, cover: Cover) -> None:
        self.attempt(lambda c: steps.held_at_once(c, by, "why", cover, NOW))

    @rule(by=people)
    def confirm_hold(self, by: Viewer) -> None:
        self.attempt(lambda c: steps.hold_confirmed(c, by, NOW))

    @rule(by=people)
    def refuse_hold(self, by: Viewer) -> None:
        self.attempt(lambda c: steps.hold_refused(c, by, "why", NOW))

    @invariant()
    def nothing_beyond_is_ever_covered(self) -> None:
        if hasattr(self, "log"):
            assert self.log.case.keys <= COVER.keys

    @invariant()
    def at_most_one_thing_waits_and_it_follows(self) -> None:
        if hasattr(self, "log"):
            case = self.log.case
            assert (case.urgent is None) or case.state is CaseState.HELD
            if case.state is CaseState.RELEASED:
                assert (case.proposal, case.urgent) == (None, None)


AnyOrder.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestAnyOrder = AnyOrder.TestCase
