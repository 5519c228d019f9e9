"""Giving links to codes: who may, and the links as they are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import unquote, urlsplit

from suyuan.api.house import House
from suyuan.api.resolver.resolving import entry_of
from suyuan.portal.consumer import PAGES
from suyuan.trace.errors import InvalidInput, NotAllowed
from suyuan.trace.gs1 import Identifier
from suyuan.trace.register.deciding import NotInThisState, owned
from suyuan.trace.register.drafts import ADMINISTRATOR
from suyuan.trace.resolver import Link, checked_link
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.links import OPERATOR, KeptLink, kept_links, replace_links
from suyuan.trace.store.viewer import Viewer


class LinkDesk:
    """The links of the codes of one house.

    Whoever answers for a product in the register gives links to it, its lots and its items; likewise for
    places and their read points, all once the entry is approved. Administrators give links to any code.
    """

    def __init__(self, house: House, public_url: str, now: Callable[[], datetime]) -> None:
        self._house = house
        self._host = urlsplit(public_url).hostname or ""
        self._now = now

    def links(self, viewer: Viewer, code: Identifier) -> Sequence[KeptLink]:
        """The links of a code, then the latest that were in force before.

        Raises ``NotFound``, ``NotAllowed`` or ``NotInThisState`` for who does not answer for the code.
        """
        key = self._house.records.aliases().key(code.key)
        with Reading(self._house.engine) as reading:
            _answering(reading, code, viewer)
            return kept_links(reading, key, with_ended=True)

    def replace(self, viewer: Viewer, code: Identifier, links: Sequence[Link]) -> Sequence[KeptLink]:
        """Let ``links`` be all that a code has, all or nothing; they are what is answered.

        Raises as :meth:`links`, and ``InvalidInput`` whose ``where`` names the link and its member.
        """
        key = self._house.records.aliases().key(code.key)
        checked = [self._checked(at, link) for at, link in enumerate(links)]
        with Writing(self._house.engine) as writing:
            owner = _answering(writing, code, viewer)
            replace_links(writing, key, checked, owner=owner, by=viewer.name, now=self._now())
            return kept_links(writing, key)

    def _checked(self, at: int, link: Link) -> Link:
        try:
            checked = checked_link(link)
            self._refuse_a_loop(checked.href)
        except InvalidInput as error:
            error.where = f"links.{at}.{error.where}"
            raise
        return checked

    def _refuse_a_loop(self, address: str) -> None:
        """Codes are not linked to codes of ours: from there the resolver might lead back."""
        parts = urlsplit(address)
        path = unquote(parts.path)
        if parts.hostname == self._host and (not path.startswith(f"{PAGES}/") or ".." in path.split("/")):
            raise InvalidInput(
                "This address leads back to codes of this platform",
                where="href",
                remedy="Link the page of the thing, whose address begins with {pages}, or a page elsewhere.",
                pages=f"{PAGES}/",
            )


def _answering(reading: Reading, code: Identifier, viewer: Viewer) -> str:
    """The party that answers for a code, if the viewer speaks for it."""
    in_register = entry_of(code)
    if viewer.role == ADMINISTRATOR:
        return OPERATOR
    if not in_register:
        raise NotAllowed(
            "Nobody answers for {value} in the register",
            where="code",
            value=code.key,
            remedy="Give links to the product, lot or item, or ask the operator of the platform.",
        )
    entry = owned(reading, in_register, viewer)
    if entry.state != "approved":
        raise NotInThisState(
            "{value} is not approved in the register",
            where="code",
            value=entry.key,
            remedy="Give links to it once the operator of the platform has approved it.",
        )
    return entry.owner
