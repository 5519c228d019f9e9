"""Pages and stylesheets in fewer bytes, for who reads gzip (RFC 9110 §8.4.1.3).

Only what is public and the same for everybody: beside a secret, the length of a compressed page tells of it.
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

LEAST_BYTES = 1000
"""Less fits into one packet anyhow."""
_QUICK, _SMALL = 5, 9


def compressed(request: Request, response: Response) -> Response:
    """``response``, its body gzipped where ``request`` allows it and it is worth it; told to caches too."""
    response.headers.add_vary_header("Accept-Encoding")
    body = bytes(response.body)
    if len(body) < LEAST_BYTES or not reads_gzip(request.headers.get("accept-encoding", "")):
        return response
    response.body = gzip.compress(body, _QUICK, mtime=0)
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(response.body))
    return response


@lru_cache(maxsize=32)
def smallest(content: bytes) -> bytes:
    """The content of a file that never changes, as small as gzip makes it; once."""
    return gzip.compress(content, _SMALL, mtime=0)


def reads_gzip(accept_encoding: str) -> bool:
    """Whether a header allows gzip: named, or by ``*``, and not with a weight of nothing (§12.5.3)."""
    weights = dict[str, str]()
    for part in accept_encoding.lower().split(",")[:16]:
        name, _, weight = part.partition(";")
        weights[name.strip()] = weight.replace(" ", "")
    weight = weights.get("gzip", weights.get("x-gzip", weights.get("*", "q=0")))
    return weight.strip() not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
