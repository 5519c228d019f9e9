"""What is passed on to the target of a link: the query of the request, without what spoke to the resolver."""

from __future__ import annotations

from suyuan.trace.resolver.links import Link

# Words of the request that ask the resolver; all others are somebody else's (the resolver standard, 1.0).
OF_THE_RESOLVER = frozenset({"linkType", "context"})


def target(link: Link, query: str) -> str:
    """The address to redirect to: ``link`` with the pairs of ``query`` after its own, before its fragment.

    Pairs are passed on as they stand, undecoded.
    """
    pairs = [pair for pair in query.split("&") if pair and pair.partition("=")[0] not in OF_THE_RESOLVER]
    if not pairs or not link.fwqs:
        return link.href
    address, hash_sign, fragment = link.href.partition("#")
    joint = "?" if "?" not in address else "" if address.endswith(("?", "&")) else "&"
    return f"{address}{joint}{'&'.join(pairs)}{hash_sign}{fragment}"
