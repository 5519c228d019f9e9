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
_REFUSED = -1.0  # the weight of what a range of weight 0 covers
_SCRIPTS = {
    **dict.fromkeys(("hans", "cn", "sg"), "hans"),
    **dict.fromkeys(("hant", "tw", "hk", "mo"), "hant"),
}


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
    """One of the choices where the request tells it from the others, else the default.

    One alone is no choice; and who takes anything asked for none of them.
    """
    default = [link for link in links if link.role is Role.DEFAULT]
    choices = [link for link in links if link.role is Role.CHOICE]
    best = fitting(wish, choices)
    if len(choices) > 1 and len(best) == 1 and _asked_for(wish, best[0]):
        return best
    return default or best


def _asked_for(wish: Wish, link: Link) -> bool:
    """Whether something in the request speaks for this link."""
    return (
        bool(set(wish.contexts) & set(link.context))
        or _language_weight(_named(wish.languages), link) > 0
        or _media_weight(_named(wish.media_types), link) > 0
    )


def _named(wished: Iterable[Preference]) -> list[Preference]:
    return [told for told in wished if "*" not in told.range]


def fitting(wish: Wish, links: Sequence[Link]) -> Sequence[Link]:
    """Those of ``links`` that fit best: by context, then language, then media type.

    What the request does not speak of prefers links that do not either. A wish that no link meets excludes
    none, nor does a weight of 0 where it would exclude all: there is what there is.
    """
    contexts = set(wish.contexts)
    found = _best(links, lambda link: float(not contexts.isdisjoint(link.context)), has_context)
    found = _best(found, lambda link: _language_weight(wish.languages, link), has_language)
    return _best(found, lambda link: _media_weight(wish.media_types, link), has_media_type)


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
    weights = [weight(link) for link in links]
    most = max(weights)
    untold = [link for link in links if not is_told(link)] if most <= 0 else []
    return untold or [link for link, its in zip(links, weights, strict=True) if its == most]


def _language_weight(wished: Sequence[Preference], link: Link) -> float:
    """The weight of the language of the link that is wanted most; 0 where none is, -1 where none may be."""
    return max((_weight_of_language(tag.lower(), wished) for tag in link.hreflang), default=0.0)


def _weight_of_language(tag: str, wished: Sequence[Preference]) -> float:
    """The weight of the range nearest to ``tag``; among equal weights a nearer one is a little more.

    A weight of 0 excludes what its range covers (RFC 4647 §3.3.1), and tells nothing of what is near it.
    """
    speaking = (told for told in wished if told.weight or _covers(told.range, tag))
    nearness, weight = max(((_nearness(told.range, tag), told.weight) for told in speaking), default=(0, 0.0))
    return (weight * (1 + nearness / 100_000) or _REFUSED) if nearness else 0.0


def _covers(wanted: str, tag: str) -> bool:
    return wanted == "*" or f"{tag}-".startswith(f"{wanted}-")


def _nearness(wanted: str, tag: str) -> int:
    """How near a range is to a tag: the same, one begins the other (RFC 4647 §3.4), one script, one language.

    zh-TW for who wants zh-CN is better than another language, and for who wants zh-HK better than zh-CN.
    """
    if tag in (wanted, _without_script(wanted)):
        return 5
    if wanted.startswith(f"{tag}-") or tag.startswith(f"{wanted}-"):
        return 4
    if wanted.partition("-")[0] == tag.partition("-")[0]:
        return 3 if _script(wanted) == _script(tag) else 2
    return int(wanted == "*")


def _without_script(tag: str) -> str:
    """zh-CN of zh-Hans-CN: a linkset's languages have no script."""
    language, _, rest = tag.partition("-")
    script, _, region = rest.partition("-")
    return f"{language}-{region}" if script in ("hans", "hant") and region else tag


def _script(tag: str) -> str:
    """The script of Chinese, as told or as its region has it; empty where nothing says."""
    language, *parts = tag.split("-")
    found = (_SCRIPTS[part] for part in parts if language == "zh" and part in _SCRIPTS)
    return next(found, "")


def _media_weight(wished: Sequence[Preference], link: Link) -> float:
    """The weight of the most specific range that covers the link's media type (RFC 9110 §12.5.1).

    0 where none does, -1 where the link is not to be had.
    """
    if not link.type:
        return 0.0
    ranges = (link.type, f"{link.type.split('/')[0]}/*", "*/*")
    weights = dict(reversed([(told.range, told.weight) for told in wished]))
    return next((weights[covering] or _REFUSED for covering in ranges if covering in weights), 0.0)
