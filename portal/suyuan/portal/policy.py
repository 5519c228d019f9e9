"""What a page of ours may load (Content Security Policy): nothing of anybody else's.

One page may show pictures of a map server besides, if the operator named one (:mod:`suyuan.portal.tiled`).
"""

from __future__ import annotations


def policy(pictures: str = "") -> str:
    """The header's value; ``pictures`` is the one origin beside ourselves from which images may come."""
    images = f"'self' data: {pictures}".rstrip()
    return (
        f"default-src 'self'; script-src 'self'; style-src 'self'; img-src {images}; object-src 'none'; "
        "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    )
