"""What a GS1 resolver knows of a Digital Link: its links, which of them answers, and where it leads.

::

    Identifier ── levels ──> the thing, its lot, its product ── (their links) ── links_for(Wish) ──> Link(s)
    one Link ── target ──> the address to redirect to (307)
    several  ── a choice (300);  none of the type asked for ── 404
    all levels ── linkset ──> application/linkset+json

Source: GS1-Conformant Resolver Standard 1.0; RFC 9264. Nothing here asks a store or a clock.
"""

from __future__ import annotations

from suyuan.trace.resolver.choosing import Preference, Wish, links_for, preferences
from suyuan.trace.resolver.handled_by import handler_of
from suyuan.trace.resolver.levels import levels
from suyuan.trace.resolver.link_types import LINK_TYPES, LinkType, link_type, short_name
from suyuan.trace.resolver.links import Link, Role, checked_address, checked_link
from suyuan.trace.resolver.linkset import MEDIA_TYPE, Anchor, linkset
from suyuan.trace.resolver.passing_on import target

__all__ = [
    "LINK_TYPES",
    "MEDIA_TYPE",
    "Anchor",
    "Link",
    "LinkType",
    "Preference",
    "Role",
    "Wish",
    "checked_address",
    "checked_link",
    "handler_of",
    "levels",
    "link_type",
    "links_for",
    "linkset",
    "preferences",
    "short_name",
    "target",
]
