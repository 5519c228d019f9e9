"""Which link answers a request: none, one, or several that nothing in the request tells apart.

Source: GS1-Conformant Resolver Standard 1.0 (the default link, linkType, walking up, 300 and 404);
RFC 9110 §12.5.1 and RFC 4647 §3.4 for the preferences of browsers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from suyuan.trace.resolver.links import Link, Role

_RANGE = re.compile(
    r"\s*([A-Za-z0-9*/.+-]{1,100})\s*(?:;[^,]*?)??(?:;\s*[qQ]\s*=\s*([01](?:\.\d{0,3})?)\s*)?"
)
_MOST_RANGES = 50


class Preference(NamedTuple):
    """A range of languages or media types, and its weight from 0 (not this one) to 1."""

    range: str
    weight: float


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request tells of the link that it wants. ``link_type`` is in full, or empty for the default."""

    link_type: str = ""
    languages: tuple[Preference, ...] = ()
    media_types: tuple[Preference, ...] = ()
    contexts: tuple[str, ...] = ()


def preferences(header: str) -> tuple[Preference, ...]:
    """The ranges of ``Accept`` or ``Accept-Language``, as told; what cannot be read is left out.

    A lone ``*`` or ``*/*`` is no preference.

    >>> preferences("zh-CN, en;q=0.5")
    (Preference(range='zh-cn', weight=1.0), Preference(range='en', weight=0.5))
    """
    found: list[Preference] = []
    for piece in header.split(",", _MOST_RANGES)[:_MOST_RANGES]:
        told = _RANGE.fullmatch(piece)
        if told is not None:
            found.append(Preference(told[1].lower(), float(told[2] or 1)))
    if all(preference.range in ("*", "*/*") for preference in found):
        return ()
    return tuple(found)


def links_for(wish: Wish, levels: Iterable[Sequence[Link]]) -> Sequence[Link]:
    """The links that answer ``wish``, of the finest level that has any: none, one, or several alike.

    ``levels`` are the links of the thing itself, then of what it is one of: item, lot, variant, product.
    """
    for links in levels:
        found = _of_type(wish, links) if wish.link_type else _default(wish, links)
        if found:
            return found
    return ()


def _of_type(wish: Wish, links: Sequence[Link]) -> Sequence[Link]:
    return fitting(wish, [link for link in links if link.link_type == wish.link_type])


def _default(wish: Wish, links: Sequence[Link]) -> Sequence[Link]:
    """One of the choices where the request tells it from the others, else the default."""
    default = [link for link in links if link.role is Role.DEFAULT]
    choices = [link for link in links if link.role is Role.CHOICE]
    best = fitting(wish, choices)
    if len(best) == 1 and _asked_for(wish, best[0]):
        return best
    return default or best


def _asked_for(wish: Wish, link: Link) -> bool:
    """Whether something in the request speaks for this link."""
    return (
        bool(set(wish.contexts) & set(link.context))
        or _language_weight(wish, link) > 0
        or _media_weight(wish, link) > 0
    )


def fitting(wish: Wish, links: Sequence[Link]) -> Sequence[Link]:
    """Those of ``links`` that fit best: by context, then language, then media type.

    What the request does not speak of prefers links that do not either. A wish that no link meets excludes
    none: there is what there is.
    """
    found = _best(links, lambda link: float(bool(set(wish.contexts) & set(link.context))), has_context)
    found = _best(found, lambda link: _language_weight(wish, link), has_language)
    return _best(found, lambda link: _media_weight(wish, link), has_media_type)


def has_context(link: Link) -> bool:
    """Whether it says for which context it is."""
    return bool(link.context)


def has_language(link: Link) -> bool:
    """Whether it says in which languages it is."""
    return bool(link.hreflang)


def has_media_type(link: Link) -> bool:
    """Whether it says of which media type it is."""
    return bool(link.type)


def _best(
    links: Sequence[Link], weight: Callable[[Link], float], is_told: Callable[[Link], bool]
) -> Sequence[Link]:
    if len(links) < 2:  # noqa: PLR2004 (nothing to choose)
        return links
    most = max(map(weight, links))
    if most > 0:
        return [link for link in links if weight(link) == most]
    return [link for link in links if not is_told(link)] or links


def _language_weight(wish: Wish, link: Link) -> float:
    """The weight of the language of the link that is wanted most; 0 where none is."""
    return max((_weight_of_language(tag.lower(), wish.languages) for tag in link.hreflang), default=0.0)


def _weight_of_language(tag: str, wished: Sequence[Preference]) -> float:
    """The weight of the range nearest to ``tag``; among equal weights a nearer one is a little more."""
    nearness, weight = max(((_nearness(told.range, tag), told.weight) for told in wished), default=(0, 0.0))
    return weight * (1 + nearness / 100_000) if nearness else 0.0


def _nearness(wanted: str, tag: str) -> int:
    """How near a range is to a tag: the same, one begins the other (RFC 4647 §3.4), or one language.

    zh-TW for who wants zh-CN is better than another language.
    """
    if wanted == tag:
        return 4
    if wanted.startswith(f"{tag}-") or tag.startswith(f"{wanted}-"):
        return 3
    if wanted.partition("-")[0] == tag.partition("-")[0]:
        return 2
    return int(wanted == "*")


def _media_weight(wish: Wish, link: Link) -> float:
    """The weight of the most specific range that covers the link's media type (RFC 9110 §12.5.1)."""
    if not link.type:
        return 0.0
    ranges = (link.type, f"{link.type.split('/')[0]}/*", "*/*")
    weights = dict(reversed([(told.range, told.weight) for told in wish.media_types]))
    return next((weights[covering] for covering in ranges if covering in weights), 0.0)
