"""Links as somebody last saw them: what names them, and that nobody changed them since (RFC 9110 §13.1.1)."""

from __future__ import annotations

import hashlib

from suyuan.trace.store.links import LinksChanged


def entity_tag(content: bytes) -> str:
    """What an ``ETag`` says of a content, quotes and all; strong."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def check_unchanged(if_match: str, tag: str) -> None:
    """Raise ``LinksChanged`` unless ``If-Match`` names what is there now, ``tag``, or anything at all."""
    named = [one.strip() for one in if_match.split(",")]
    if tag not in named and named != ["*"]:
        raise LinksChanged(
            "Somebody changed these links since you took them",
            where="If-Match",
            remedy="Take them anew, and see whether your change still fits.",
        )
