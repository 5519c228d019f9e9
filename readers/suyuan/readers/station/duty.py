"""Who is at work at a station now, what they may do, and who else confirms it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from suyuan.readers.observation import Observation
from suyuan.readers.station.bodies import local_time
from suyuan.readers.station.ending import Destroying
from suyuan.readers.station.order import Order, Particulars, Step, person_key
from suyuan.readers.station.staff import Person
from suyuan.readers.station.steps import PROCEDURES
from suyuan.readers.station.steps.procedure import EVERYBODY, Role
from suyuan.trace.errors import InvalidInput, NotAllowed, NotAuthenticated

MOST_TRIES, TRIES_WITHIN_S = 5, 60.0
CONFIRMED_S = 120.0
"""How long what a second person confirmed waits for the step."""
_FOR_TWO = frozenset({Step.RELEASE, Step.RETURN, Step.DESTROY})
"""Steps that a second person confirms; of the others those with a reason."""
_SECOND: frozenset[Role] = frozenset({"qa", "supervisor"})
"""As what the second person confirms a step that not everybody may do."""
_LONGEST_SHOWN = 40
_BY_BADGE: frozenset[Role] = frozenset({"operator"})


class NobodyAtWork(NotAuthenticated):
    """The station has staff, and nobody of them is signed in, or their shift is over."""

    code = "nobody-at-work"
    title = "Nobody is signed in at this station"


class WrongPin(NotAuthenticated):
    """No such person, no such PIN, or too many tries."""

    code = "wrong-pin"
    title = "Name and PIN do not match"


class RoleMissing(NotAllowed):
    """The person at work may not do this."""

    code = "role-missing"
    title = "Your role does not allow this step"


class Duty:
    """The person at work at one station; where the file names no staff, everybody may do everything.

    Args:
        staff: of the configuration.
        utc_offset: of the station's local time.
        now: the wall clock, aware UTC.
        monotonic: seconds that never go back, for the pause after wrong PINs.
    """

    def __init__(
        self,
        staff: Sequence[Person],
        utc_offset: str,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self.staff = tuple(staff)
        self._offset = utc_offset
        self._now = now
        self._monotonic = monotonic
        self._badges = {person.badge.lower(): person for person in staff if person.badge}
        self._person: Person | None = None
        self._with_pin = False
        self._since: datetime | None = None
        self._approver: Person | None = None
        self._approved_at = 0.0
        self._wrong: deque[float] = deque(maxlen=MOST_TRIES)

    @property
    def person(self) -> Person | None:
        """Who is at work; nobody once their shift is over."""
        if self._person is not None and not self._works(self._person):
            self.sign_out()
        return self._person

    @property
    def has_badges(self) -> bool:
        """Whether anybody of the staff has a badge."""
        return bool(self._badges)

    @property
    def approver(self) -> Person | None:
        """Who has confirmed the next step."""
        if self._approver is not None and self._monotonic() - self._approved_at > CONFIRMED_S:
            self._approver = None
        return self._approver

    async def sign_in(self, person_id: str, pin: str) -> Person:
        """Let the person begin to work; whoever did before no longer does.

        Raises:
            WrongPin: they are not of the staff, the PIN is wrong, or there were too many wrong ones.
            NobodyAtWork: they have no shift now.
        """
        person = await self._known(person_id, pin)
        self._begin(person, with_pin=True)
        return person

    async def confirm(self, person_id: str, pin: str) -> Person:
        """Let a second person confirm the next step of whoever is at work.

        Raises:
            WrongPin, NobodyAtWork: as :meth:`sign_in`; or nobody is at work whose step it could be.
            RoleMissing: they are the same person, or whoever is at work only showed a badge: one person
                can have another's badge.
        """
        person = await self._known(person_id, pin)
        if self.person is None:
            raise _nobody()
        if self.person.id == person.id:
            raise RoleMissing(
                "The second person must be another one than {name}.",
                where="person",
                remedy="Ask a colleague.",
                name=person.name,
            )
        if not self._with_pin:
            raise RoleMissing(
                "{name} only showed a badge.",
                where="person",
                remedy="They sign in with their PIN first.",
                name=self.person.name,
            )
        self._approver, self._approved_at = person, self._monotonic()
        return person

    def sign_out(self) -> None:
        """Nobody is at work any more."""
        self._person = self._since = self._approver = None

    def takes_badge(self, seen: Observation) -> bool:
        """Whether this was a badge and no goods; its owner is at work from now on, if they have a shift.

        They are an operator then: a badge can be copied, so more than that needs a PIN. What a person types
        is no badge; nor is what a page or a phone says that it scanned, which the caller has to keep away
        (:meth:`suyuan.readers.station.intake.Intake.is_fed`).
        """
        if seen.typed:
            return False
        said = seen.epc.hex() if seen.text is None else seen.text
        person = self._badges.get(said.lower())
        if person is None:
            return False
        if self._works(person) and (self._person is None or self._person.id != person.id):
            self._begin(person, with_pin=False)
        return True

    def is_badge(self, said: str) -> bool:
        """Whether ``said``, an EPC in hex or a text, is the badge of somebody of the staff."""
        return said.lower() in self._badges

    def ordered(self, order: Order) -> Order:
        """The order with who does it, and who confirmed or witnessed it, by their pseudonyms.

        What was confirmed waits for an order that needs it: one with a reason, or a step for two persons.

        Raises:
            NobodyAtWork: nobody is signed in.
            RoleMissing: who is signed in may not do this step, or who confirmed it may not confirm it.
            InvalidInput: a witness is nobody of the staff.
        """
        if not self.staff:
            return order
        person = self.person
        if person is None:
            raise _nobody()
        needed = PROCEDURES[order.step].roles
        if not self._roles & needed:
            raise _missing(person, order.step.value, needed, _pin_or_other(person, needed))
        told = self._witnessed(order.particulars)
        approver = self.approver if order.reason or order.step in _FOR_TWO else None
        if approver is not None:
            if needed != EVERYBODY and not approver.roles & _SECOND:
                raise _missing(approver, order.step.value, _SECOND, "Ask somebody with that role to confirm.")
            self._approver = None
        by = "" if approver is None else approver.id
        return replace(order, operator=person.id, approver=by, particulars=told)

    def may_undo(self, recorded: datetime) -> None:
        """See that whoever is at work may undo what was recorded then: their own work, or a supervisor's.

        Raises:
            NobodyAtWork: nobody is signed in.
            RoleMissing: somebody else recorded it.
        """
        if not self.staff:
            return
        person = self.person
        if person is None:
            raise _nobody()
        own = self._since is not None and self._since <= recorded
        needed: frozenset[Role] = frozenset({"supervisor"})
        if not own and not self._roles & needed:
            raise _missing(person, "undo", needed, _pin_or_other(person, needed))

    def wait_s(self) -> float:
        """How long no PIN is tried now: wrong ones are counted for all together."""
        if len(self._wrong) < MOST_TRIES:
            return 0.0
        return max(0.0, self._wrong[0] + TRIES_WITHIN_S - self._monotonic())

    @property
    def _roles(self) -> frozenset[Role]:
        """As what whoever is at work is there now."""
        if self._person is None:
            return frozenset()
        return self._person.roles if self._with_pin else _BY_BADGE

    def _witnessed(self, told: Particulars | None) -> Particulars | None:
        """What a destruction says, with its witnesses by their pseudonyms."""
        if not isinstance(told, Destroying):
            return told
        ids = {person_key(person.id): person.id for person in self.staff}
        named = [who for who in told.witnesses if who.strip()]
        if strangers := [who for who in named if person_key(who) not in ids]:
            raise InvalidInput(
                "The witness {name} is nobody of the staff.",
                where="witnesses",
                remedy="Write the id that the witness has in the station's file.",
                name=strangers[0][:_LONGEST_SHOWN],
            )
        return replace(told, witnesses=tuple(ids[person_key(who)] for who in named))

    async def _known(self, person_id: str, pin: str) -> Person:
        if self.wait_s():
            raise WrongPin(
                "Too many wrong PINs.", where="pin", remedy="Wait a minute, or hold a badge to the reader."
            )
        person = next((one for one in self.staff if one.id == person_id), None)
        self._wrong.append(self._monotonic())  # counted before it is tried: many at once gain nothing
        if person is None or not await asyncio.to_thread(person.has_pin, pin):
            raise WrongPin(where="pin", remedy="Choose your name and type your PIN again.")
        self._wrong.pop()
        if not self._works(person):
            raise NobodyAtWork(
                "{name} has no shift now.",
                where="person",
                remedy="Have the shift changed in the station's file.",
                name=person.name,
            )
        return person

    def _works(self, person: Person) -> bool:
        return person.works_at(datetime.fromisoformat(local_time(self._now(), self._offset)))

    def _begin(self, person: Person, *, with_pin: bool) -> None:
        self._person, self._since, self._approver = person, self._now(), None
        self._with_pin = with_pin


def _nobody() -> NobodyAtWork:
    return NobodyAtWork(where="person", remedy="Sign in on the page Duty, or hold your badge to the reader.")


def _pin_or_other(person: Person, needed: frozenset[Role]) -> str:
    """What whoever is at work can do where a role is missing."""
    if person.roles & needed:
        return "Sign in with your PIN: a badge alone is not enough."
    return "Ask somebody with that role to sign in."


def _missing(person: Person, step: str, needed: frozenset[Role], remedy: str) -> RoleMissing:
    return RoleMissing(
        "{name} may not do this ({step}); it needs: {roles}.",
        where="person",
        remedy=remedy,
        name=person.name,
        step=step,
        roles=", ".join(sorted(needed)),
    )
