"""Who is at work at a station now, what they may do, and who else confirms it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from suyuan.readers.observation import Observation
from suyuan.readers.station.bodies import local_time
from suyuan.readers.station.order import Order
from suyuan.readers.station.staff import Person
from suyuan.readers.station.steps import PROCEDURES
from suyuan.trace.errors import NotAllowed, NotAuthenticated

MOST_TRIES, TRIES_WITHIN_S = 5, 60.0
CONFIRMED_S = 120.0
"""How long what a second person confirmed waits for the step."""


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
        self._begin(person)
        return person

    async def confirm(self, person_id: str, pin: str) -> Person:
        """Let a second person confirm the next step of whoever is at work.

        Raises:
            WrongPin, NobodyAtWork: as :meth:`sign_in`; or nobody is at work whose step it could be.
            RoleMissing: they are the same person.
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
        self._approver, self._approved_at = person, self._monotonic()
        return person

    def sign_out(self) -> None:
        """Nobody is at work any more."""
        self._person = self._since = self._approver = None

    def takes_badge(self, seen: Observation) -> bool:
        """Whether this was a badge and no goods; its owner is at work from now on, if they have a shift.

        What a person types is no badge: that is what PINs are for.
        """
        if not self._badges or seen.typed:
            return False
        said = seen.epc.hex() if seen.text is None else seen.text
        person = self._badges.get(said.lower())
        if person is None:
            return False
        if self._works(person) and (self._person is None or self._person.id != person.id):
            self._begin(person)
        return True

    def ordered(self, order: Order) -> Order:
        """The order with who does it, and who confirmed it, by their pseudonyms.

        Raises:
            NobodyAtWork: nobody is signed in.
            RoleMissing: who is signed in may not do this step.
        """
        if not self.staff:
            return order
        person = self.person
        if person is None:
            raise _nobody()
        needed = PROCEDURES[order.step].roles
        if not person.roles & needed:
            raise _missing(person, order.step.value, needed)
        approver, self._approver = self.approver, None
        return replace(order, operator=person.id, approver="" if approver is None else approver.id)

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
        if not own and "supervisor" not in person.roles:
            raise _missing(person, "undo", frozenset({"supervisor"}))

    def wait_s(self) -> float:
        """How long no PIN is tried now: wrong ones are counted for all together."""
        if len(self._wrong) < MOST_TRIES:
            return 0.0
        return max(0.0, self._wrong[0] + TRIES_WITHIN_S - self._monotonic())

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

    def _begin(self, person: Person) -> None:
        self._person, self._since, self._approver = person, self._now(), None


def _nobody() -> NobodyAtWork:
    return NobodyAtWork(where="person", remedy="Sign in on the page Duty, or hold your badge to the reader.")


def _missing(person: Person, step: str, needed: frozenset[str]) -> RoleMissing:
    return RoleMissing(
        "{name} may not do this ({step}); it needs: {roles}.",
        where="person",
        remedy="Ask somebody with that role to sign in.",
        name=person.name,
        step=step,
        roles=", ".join(sorted(needed)),
    )
