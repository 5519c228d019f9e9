"""Which other resolver answers for the codes of a company prefix (``gs1:handledBy``).

Source: GS1-Conformant Resolver Standard 1.0, for identifiers of which a resolver knows nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from suyuan.trace.gs1 import Identifier
from suyuan.trace.gs1.prefixes import from_prefix_on


def handler_of(identifier: Identifier, handlers: Mapping[str, str]) -> str | None:
    """The root of the resolver of the longest prefix in ``handlers`` that the key begins with, or None.

    >>> from suyuan.trace.gs1 import identify
    >>> handlers = {"950": "https://gs1.example", "9506000": "https://brand.example"}
    >>> handler_of(identify("https://id.gs1.org/01/09506000134352/21/1"), handlers)
    'https://brand.example'
    >>> handler_of(identify("https://id.gs1.org/414/9520009000036"), handlers)
    """
    digits = from_prefix_on(identifier)
    fitting = [prefix for prefix in handlers if digits.startswith(prefix)]
    return handlers[max(fitting, key=len)] if fitting else None
