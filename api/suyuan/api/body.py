"""Request bodies, read within their limit: as sent and after decompression."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from starlette.requests import Request

from suyuan.api.problems import CaptureWrong, UnsupportedMediaType
from suyuan.trace.epcis.problems import DEFAULT_LIMITS
from suyuan.trace.errors import TooLarge

_GZIP = 16 + zlib.MAX_WBITS
_MEDIA_TYPES = ("application/json", "application/ld+json", "application/xml", "text/xml")


@dataclass(frozen=True, slots=True)
class Body:
    """A body as bytes, decompressed, with its bare media type."""

    content: bytes
    media_type: str


async def received(request: Request) -> Body:
    """The body of an EPCIS request.

    Raises:
        UnsupportedMediaType: neither JSON nor XML, or an unknown Content-Encoding.
        TooLarge: more than the capture limit, before or after decompression; reading stops there.
        CaptureWrong: a broken gzip stream, or anything after its end.
    """
    media_type, encoding = _told_types(request)
    inflated = _Inflated() if encoding == "gzip" else None
    limit = DEFAULT_LIMITS.body_bytes
    content = bytearray()
    async for chunk in request.stream():
        # One byte over the limit is enough to know; a bomb is never inflated further.
        content += inflated.more(chunk, limit + 1 - len(content)) if inflated else chunk
        if len(content) > limit:
            raise TooLarge(
                "The body is larger than {limit} bytes",
                limit=limit,
                remedy="Split the document; GS1-EPCIS-Capture-File-Size-Limit tells the limit.",
            )
    if inflated is not None:
        inflated.check_ended()
    return Body(bytes(content), media_type)


def _told_types(request: Request) -> tuple[str, str]:
    """The media type and the encoding, both of those that are read here."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _MEDIA_TYPES:
        raise UnsupportedMediaType(
            "A body of type {given} is not read here",
            where="Content-Type",
            given=media_type or "(none)",
            remedy="Send application/json, application/ld+json or application/xml.",
        )
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise UnsupportedMediaType(
            "Content-Encoding {given} is not read here",
            where="Content-Encoding",
            given=encoding,
            remedy="Send the body plain or with gzip.",
        )
    return media_type, encoding


class _Inflated:
    """A gzip stream of one member; ``CaptureWrong`` where it is none."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP)

    def more(self, chunk: bytes, most: int) -> bytes:
        """What a chunk adds, at most so many bytes of it."""
        try:
            found = self._stream.decompress(chunk, most)
        except zlib.error as error:
            raise CaptureWrong(
                "The body is not valid gzip",
                where="Content-Encoding",
                remedy="Send it again, or uncompressed.",
            ) from error
        if self._stream.unused_data:
            raise CaptureWrong(
                "There is something after the gzip stream",
                where="Content-Encoding",
                remedy="Send one gzip member and nothing after it.",
            )
        return found

    def check_ended(self) -> None:
        """See that nothing is missing."""
        if not self._stream.eof:
            raise CaptureWrong(
                "The gzip stream ends too early",
                where="Content-Encoding",
                remedy="Send it again, or uncompressed.",
            )
