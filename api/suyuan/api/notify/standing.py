"""A standing query, run: the events that are due as its owner may see them now, as one message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suyuan.api.house import CapturedBy, House
from suyuan.api.security import viewer_as
from suyuan.portal.services import Principal
from suyuan.trace.epcis.json_document import write_json
from suyuan.trace.epcis.representation import EpcFormat, represent
from suyuan.trace.errors import NotAllowed, NotFound
from suyuan.trace.gs1.prefixes import known_prefixes
from suyuan.trace.store.accounts import account
from suyuan.trace.store.company_prefixes import prefixes_on_record
from suyuan.trace.store.concerns import party_key
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import newest_sequence
from suyuan.trace.store.named_queries import named_query
from suyuan.trace.store.sight import Viewer
from suyuan.trace.store.subscriptions import LARGEST_MESSAGE, Due


class AccountGone(NotAllowed):
    """Whoever subscribed may not see anything here any more."""

    code = "account-gone"
    title = "The account of the subscription is closed"


@dataclass(frozen=True, slots=True)
class Watch:
    """What to run, for whom. ``id`` is the subscriptionID that messages carry."""

    id: str
    party: str
    query_name: str
    account: str
    epc_format: EpcFormat
    due: Due
    batch: int


@dataclass(frozen=True, slots=True)
class Message:
    """An EPCISQueryDocument. ``through`` is the evidence that is done with once it is acknowledged."""

    content: bytes
    count: int
    through: int
    is_last: bool


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
            found, through = self.house.seen_by(viewer).told.due(query, watch.due, most)
            content = write_json(
                [represent(one.event, watch.epc_format, length_of=length_of) for one in found],
                form="EPCISQueryDocument",
                creation_date=self.house.now(),
                query_name=watch.query_name,
                subscription_id=watch.id,
            )
            if len(content) <= LARGEST_MESSAGE or len(found) <= 1:
                return Message(content, len(found), through, through >= newest)
            most = len(found) // 2

    def check(self, watch: Watch) -> None:
        """Raise what :meth:`message` would where its owner or the query is gone."""
        with Reading(self.house.engine) as reading:
            self._asked(reading, watch)

    def _asked(self, reading: Reading, watch: Watch) -> tuple[Viewer, Mapping[str, Any]]:
        return self._viewer(reading, watch), named_query(reading, watch.party, watch.query_name).query

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
