"""The links of a thing and of what it is one of, as a linkset.

Source: RFC 9264 §4.2 (``application/linkset+json``) as GS1's schema of linksets narrows it: every anchor has
an ``itemDescription``, every link a title.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from suyuan.trace.resolver.link_types import DEFAULT_LINK, DEFAULT_LINK_MULTI
from suyuan.trace.resolver.links import Link, Role

MEDIA_TYPE = "application/linkset+json"


@dataclass(frozen=True, slots=True)
class Anchor:
    """One level: the uncompressed link of what the ``links`` are of, and a few words that say what it is."""

    uri: str
    description: str
    links: Sequence[Link]


def linkset(anchors: Sequence[Anchor]) -> dict[str, Any]:
    """The linkset of ``anchors``, the finest first; types stand in the order of their first links."""
    return {"linkset": [_context_object(anchor) for anchor in anchors if anchor.links]}


def _context_object(anchor: Anchor) -> dict[str, Any]:
    told: dict[str, Any] = {"anchor": anchor.uri, "itemDescription": anchor.description}
    default = next((link for link in anchor.links if link.role is Role.DEFAULT), None)
    if default is not None:  # without attributes: it answers whoever asks
        told[DEFAULT_LINK] = [{"href": default.href, "title": default.title}]
    choices = [link for link in anchor.links if link.role is Role.CHOICE]
    if len(choices) > 1:  # one alone is no choice
        told[DEFAULT_LINK_MULTI] = [_target(link) for link in choices]
    by_type: dict[str, list[dict[str, Any]]] = {}
    for link in anchor.links:
        by_type.setdefault(link.link_type, []).append(_target(link))
    return told | {name: links for name, links in by_type.items() if name not in told}


def _target(link: Link) -> dict[str, Any]:
    told: dict[str, Any] = {"href": link.href, "title": link.title}
    if link.hreflang:
        told["hreflang"] = list(link.hreflang)
    if link.type:
        told["type"] = link.type
    if link.context:
        told["context"] = list(link.context)
    if not link.fwqs:
        told["fwqs"] = False
    return told
