"""A standing query, run: the events that are due as its owner may see them now, as one message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suyuan.api.house import CapturedBy, House
from suyuan.api.notify import forms
from suyuan.api.security import viewer_as
from suyuan.portal.services import Principal
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.problems import ValidationError
from suyuan.trace.epcis.representation import EpcFormat, represent
from suyuan.trace.errors import Conflict, NotAllowed, NotFound
from suyuan.trace.gs1.prefixes import known_prefixes
from suyuan.trace.store.accounts import account
from suyuan.trace.store.company_prefixes import prefixes_on_record
from suyuan.trace.store.concerns import party_key
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import newest_sequence
from suyuan.trace.store.named_queries import EVENT_QUERY, named_query
from suyuan.trace.store.sight import Viewer
from suyuan.trace.store.subscriptions import LARGEST_MESSAGE, Due, MessageForm


class AccountGone(NotAllowed):
    """Whoever subscribed may not see anything here any more."""

    code = "account-gone"
    title = "The account of the subscription is closed"


@dataclass(frozen=True, slots=True)
class Watch:
    """What to run, for whom. ``id`` is the subscriptionID that messages carry.

    ``query_name`` None is SimpleEventQuery; ``params`` must be met beside the query.
    """

    id: str
    party: str
    query_name: str | None
    account: str
    epc_format: EpcFormat
    due: Due
    batch: int
    params: Mapping[str, Any] | None = None
    form: MessageForm = "JSON"

    @property
    def told_query(self) -> str:
        """The queryName that messages carry."""
        return EVENT_QUERY if self.query_name is None else self.query_name


@dataclass(frozen=True, slots=True)
class Message:
    """An EPCISQueryDocument. ``through`` is the evidence that is done with once it is acknowledged."""

    content: bytes
    count: int
    through: int
    is_last: bool


class NoRoom(Conflict):
    """An event says what the form of the messages has no room for."""

    code = "no-room-in-message"
    title = "An event cannot be sent"


class Standing:
    """Runs standing queries in one house. ``beside`` are viewers without an account (``--insecure``)."""

    def __init__(self, house: House, beside: Mapping[str, Viewer]) -> None:
        self.house = house
        self._beside = beside

    def newest(self) -> int:
        """The sequence number of the newest evidence."""
        with Reading(self.house.engine) as reading:
            return newest_sequence(reading)

    def message(self, watch: Watch) -> Message:
        """The next message of a watch; it may be empty.

        Raises:
            AccountGone: its owner's account is closed or another party's.
            NotFound: the query was deleted.
            QueryParameterWrong: the query means nothing to this version.
        """
        with Reading(self.house.engine) as reading:
            viewer, query = self._asked(reading, watch)
            newest = newest_sequence(reading)
            by_urn = watch.epc_format == "Always_EPC_URN"
            length_of = prefixes_on_record(reading) if by_urn else known_prefixes(())
        most = watch.batch
        while True:
            view = self.house.seen_by(viewer).told
            found, through = view.due(query, watch.due, most, params=watch.params)
            events = [represent(one.event, watch.epc_format, length_of=length_of) for one in found]
            count = len(found)
            try:
                content = self._document(watch, events)
            except ValidationError:
                count, content = self._up_to_fault(watch, events)
                through = found[count - 1].sequence
            if len(content) <= LARGEST_MESSAGE or count <= 1:
                return Message(content, count, through, through >= newest)
            most = count // 2

    def _up_to_fault(self, watch: Watch, events: Sequence[Event]) -> tuple[int, bytes]:
        """How many events come before one that cannot be said, and their message; or 1 and what replaces it.

        Each is written once more: to ask for fewer and fewer would cost as many queries for each such event.
        """
        for at, event in enumerate(events):
            try:
                self._document(watch, [event])
            except ValidationError as error:
                if not at:
                    return 1, self._no_room(watch, event, error)
                return at, self._document(watch, events[:at])
        return 1, self._document(watch, events[:1])  # they can be said, but not together

    def _document(self, watch: Watch, events: Sequence[Event]) -> bytes:
        return forms.document(
            events,
            watch.form,
            now=self.house.now(),
            query_name=watch.told_query,
            subscription_id=watch.id,
        )

    def _no_room(self, watch: Watch, event: Event, error: ValidationError) -> bytes:
        """What is sent in the place of an event that cannot be said: nothing is left out in silence."""
        told = NoRoom(
            "The event {id} cannot be written as EPCIS {form}: {reason}",
            where=error.where,
            remedy="Ask for it as JSON, by GET /events/{eventID}; what comes after it is sent.",
            id=event.body.get("eventID", ""),
            form=watch.form,
            reason=error.detail,
        )
        content, _ = forms.trouble(
            told,
            watch.form,
            now=self.house.now(),
            query_name=watch.told_query,
            subscription_id=watch.id,
        )
        return content

    def check(self, watch: Watch) -> None:
        """Raise what :meth:`message` would where its owner or the query is gone."""
        with Reading(self.house.engine) as reading:
            self._asked(reading, watch)

    def _asked(self, reading: Reading, watch: Watch) -> tuple[Viewer, Mapping[str, Any]]:
        viewer = self._viewer(reading, watch)
        if watch.query_name is None:
            return viewer, {}
        return viewer, named_query(reading, watch.party, watch.query_name).query

    def _viewer(self, reading: Reading, watch: Watch) -> Viewer:
        found = self._beside.get(watch.account)
        if found is None:
            try:
                known = account(reading, watch.account)
            except NotFound as error:
                raise _gone(watch.account) from error
            if known.disabled is not None:
                raise _gone(watch.account)
            found = viewer_as(reading, known)
        if owner_of(found) != watch.party:
            raise AccountGone("The account {name} belongs to another party now", name=watch.account)
        return found


def owner_of(viewer: Viewer | Principal) -> str:
    """The party whose queries and subscriptions an account's are."""
    return party_key(CapturedBy.of(Principal(viewer.name, viewer.role, viewer.party)).party)


def _gone(name: str) -> AccountGone:
    return AccountGone("The account {name} is closed", name=name)
