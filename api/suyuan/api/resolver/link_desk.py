"""Giving links to codes: who may, and the links as they are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import unquote, urlsplit

from suyuan.api.house import House
from suyuan.api.resolver.entity_tags import check_unchanged, entity_tag
from suyuan.api.resolver.resolving import Resolving, entry_of
from suyuan.portal.consumer import PAGES
from suyuan.portal.doors import REGULATOR
from suyuan.portal.links import Answered, Linked
from suyuan.portal.lookup import typed_link
from suyuan.trace.errors import InvalidInput, NotAllowed, NotFound
from suyuan.trace.gs1 import Identifier, IdentifierError, scanned
from suyuan.trace.register.aliases import Aliases
from suyuan.trace.register.deciding import NotInThisState, owned
from suyuan.trace.register.drafts import ADMINISTRATOR
from suyuan.trace.resolver import Link, Role, Wish, checked_link, links_for
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
        self._resolving = Resolving(house, public_url)
        self._now = now

    def identified(self, text: str) -> Identifier:
        """What a text that people typed or scanned, or a key, names.

        Raises ``InvalidInput`` for what is no code.
        """
        text = text.strip(" \t\r\n")
        try:
            found = scanned(text)
        except IdentifierError:
            return self._house.identified(typed_link(text, self._host))
        return found if found.own or found.ais else self._house.identified(typed_link(text, self._host))

    def links(self, viewer: Viewer, code: Identifier) -> Sequence[KeptLink]:
        """The links of a code, then the latest that were in force before; officers see those of all codes.

        Raises ``NotFound``, ``NotAllowed`` or ``NotInThisState`` for who does not answer for the code.
        """
        with Reading(self._house.engine) as reading:
            if viewer.role != REGULATOR:
                answering(reading, code, viewer)
            return kept_links(reading, self.key(code), with_ended=True)

    def linked(self, viewer: Viewer, code: Identifier) -> Linked:
        """The links of a code for its page; raises as :meth:`links`."""
        kept = self.links(viewer, code)
        return Linked(self._house.label(self.key(code)), kept, viewer.role != REGULATOR)

    def answered(self, code: Identifier, wish: Wish) -> Answered:
        """What the resolver gives for a wish, and of which level of the code it is."""
        try:
            resolved = self._resolving.resolved(code)
        except NotFound:  # nothing is on record and nothing linked
            return Answered(())
        found = links_for(wish, resolved.levels)
        of = next((one.description for one in resolved.anchors if found and found[0] in one.links), "")
        return Answered(found, of)

    def replace(
        self, viewer: Viewer, code: Identifier, links: Sequence[Link], if_match: str = ""
    ) -> Sequence[KeptLink]:
        """Let ``links`` be all that a code has, all or nothing; they are what is answered.

        Raises as :meth:`links`, ``InvalidInput`` whose ``where`` names the link and its member, and
        ``LinksChanged`` where the links are not those that ``if_match`` names.
        """
        key = self.key(code)
        checked = [self._checked_at(at, link) for at, link in enumerate(links)]
        with Writing(self._house.engine) as writing:
            owner = answering(writing, code, viewer)
            if if_match:
                check_unchanged(if_match, tag_of(kept_links(writing, key)))
            replace_links(writing, key, checked, owner=owner, by=viewer.name, now=self._now())
            return kept_links(writing, key)

    def change(self, viewer: Viewer, code: Identifier, number: int, link: Link | None) -> None:
        """Put ``link`` in the place of the link ``number``; 0 adds one, None ends it.

        One that is made the default takes that from the one that was. Raises as :meth:`links`,
        ``InvalidInput`` whose ``where`` names the member, and ``NotFound`` where somebody changed it since.
        """
        key, told = self.key(code), None if link is None else self._checked(link)
        with Writing(self._house.engine) as writing:
            owner = answering(writing, code, viewer)
            kept = kept_links(writing, key)
            if number not in {0, *(one.id for one in kept)} or (told is None and not number):
                raise NotFound(
                    "This link is not in force any more",
                    where="number",
                    remedy="Open the page anew: somebody changed it in the meantime.",
                )
            links = [told if one.id == number else one.link for one in kept]
            if told is not None and told.role is Role.DEFAULT:
                links = [one if one in (told, None) else _no_default(one) for one in links]
            added = [told] if not number else []
            now = [one for one in (*links, *added) if one is not None]
            replace_links(writing, key, now, owner=owner, by=viewer.name, now=self._now())

    def key(self, code: Identifier) -> str:
        """The canonical key of what a code names, whichever of its names that is."""
        return self.names().key(code.key)

    def names(self) -> Aliases:
        """The second names of now: to be asked once for many codes."""
        return self._house.records.aliases()

    def _checked_at(self, at: int, link: Link) -> Link:
        try:
            return self._checked(link)
        except InvalidInput as error:
            error.where = f"links.{at}.{error.where}"
            raise

    def _checked(self, link: Link) -> Link:
        checked = checked_link(link)
        self.refuse_a_loop(checked.href)
        return checked

    def refuse_a_loop(self, address: str) -> None:
        """Codes are not linked to codes of ours: from there the resolver might lead back.

        Raises ``InvalidInput``.
        """
        parts = urlsplit(address)
        path = unquote(parts.path)
        if parts.hostname == self._host and (not path.startswith(f"{PAGES}/") or ".." in path.split("/")):
            raise InvalidInput(
                "This address leads back to codes of this platform",
                where="href",
                remedy="Link the page of the thing, whose address begins with {pages}, or a page elsewhere.",
                pages=f"{PAGES}/",
            )


def tag_of(kept: Sequence[KeptLink]) -> str:
    """What names the links of a code that are in force, in their order."""
    return entity_tag(" ".join(str(one.id) for one in kept if one.ended is None).encode())


def _no_default(link: Link) -> Link:
    return replace(link, role=Role.NONE) if link.role is Role.DEFAULT else link


def answering(reading: Reading, code: Identifier, viewer: Viewer) -> str:
    """The party that answers for a code, if the viewer speaks for it.

    Raises ``NotFound``, ``NotAllowed`` or ``NotInThisState``.
    """
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
