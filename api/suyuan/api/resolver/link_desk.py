"""Giving links to codes: who may, and the links as they are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from suyuan.api.house import House
from suyuan.trace.errors import InvalidInput, NotAllowed
from suyuan.trace.gs1 import Identifier, site
from suyuan.trace.register.deciding import owned
from suyuan.trace.register.drafts import ADMINISTRATOR
from suyuan.trace.resolver import Link, checked_link
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.links import KeptLink, kept_links, replace_links
from suyuan.trace.store.viewer import Viewer


class LinkDesk:
    """The links of the codes of one house.

    Whoever answers for a product in the register gives links to it, its lots and its items; likewise for
    places and their read points. Administrators give links to any code.
    """

    def __init__(self, house: House, now: Callable[[], datetime]) -> None:
        self._house = house
        self._now = now

    def links(self, viewer: Viewer, code: Identifier) -> Sequence[KeptLink]:
        """The links of a code, then those that were in force before; ``NotFound`` or ``NotAllowed``."""
        key = self._house.records.aliases().key(code.key)
        with Reading(self._house.engine) as reading:
            _answering(reading, code, viewer)
            return kept_links(reading, key, with_ended=True)

    def replace(self, viewer: Viewer, code: Identifier, links: Sequence[Link]) -> Sequence[KeptLink]:
        """Let ``links`` be all that a code has; all or nothing.

        Raises ``NotFound`` or ``NotAllowed`` for who does not answer for the code, ``InvalidInput`` whose
        ``where`` names the link and its member.
        """
        key = self._house.records.aliases().key(code.key)
        checked = [_checked(at, link) for at, link in enumerate(links)]
        with Writing(self._house.engine) as writing:
            owner = _answering(writing, code, viewer)
            replace_links(writing, key, checked, owner=owner, by=viewer.name, now=self._now())
        return self.links(viewer, code)


def _checked(at: int, link: Link) -> Link:
    try:
        return checked_link(link)
    except InvalidInput as error:
        error.where = f"links.{at}.{error.where}"
        raise


def _answering(reading: Reading, code: Identifier, viewer: Viewer) -> str:
    """The party that answers for a code, if the viewer speaks for it."""
    in_register = code.product_key or (site(code.key) if code.kind == "place" else "")
    if viewer.role == ADMINISTRATOR:
        return viewer.party
    if not in_register:
        raise NotAllowed(
            "Nobody answers for {value} in the register",
            where="code",
            value=code.key,
            remedy="Give links to the product, lot or item, or ask the operator of the platform.",
        )
    return owned(reading, in_register, viewer).owner
