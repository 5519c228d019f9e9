"""Files that people hand in: certificates as PDF, photos. All of them hostile.

What a file is, is found by looking at it. Pictures are decoded and encoded anew, so that what a camera or a
phone wrote into them (place, time, owner, serial number) and whatever else hid there is gone; a PDF is kept
as it came and must only ever be sent as a download.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from PIL import Image, ImageOps
from sqlalchemy import insert, select

from suyuan.trace.errors import InvalidInput, NotFound, TooLarge
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import AttachmentRow

LARGEST = 10 * 1024 * 1024
"""Bytes of a file as handed in."""
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 4096
"""Pixels of the longer side as kept: fine print on a photographed certificate stays readable."""
LONGEST_NAME = 100

_PDF, _JPEG, _PNG, _WEBP = "application/pdf", "image/jpeg", "image/png", "image/webp"
_ENDINGS = {_PDF: ".pdf", _JPEG: ".jpg", _PNG: ".png", _WEBP: ".webp"}
_FORMATS = {_JPEG: "JPEG", _PNG: "PNG", _WEBP: "WEBP"}
_QUALITY = 88
# What Pillow raises for damaged files, found by damaging some 200,000; UnidentifiedImageError is an OSError.
DAMAGED = (OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError, KeyError, TypeError)


class FileNotTaken(InvalidInput):
    """A file of a kind that is not taken, or one that is damaged."""

    code = "file-not-taken"
    title = "This file is not taken"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A file fit to be kept: ``media_type`` as found, ``name`` without path and with the ending that fits."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it is kept."""

    id: str
    owner: str
    media_type: str
    name: str
    content: bytes
    received: datetime


def cleaned(content: bytes, name: str, *, pictures_only: bool = False) -> Cleaned:
    """What is kept of a file; pictures are encoded anew, without anything but their pixels.

    Takes up to a second for a large photo: do it before a ``Writing`` is open.

    Raises:
        TooLarge: more than 10 MB.
        FileNotTaken: it is neither a PDF nor a picture, or a damaged one, or has too many pixels.
    """
    if len(content) > LARGEST:
        raise TooLarge(
            "The file is larger than {most} MB",
            where="file",
            most=LARGEST // (1024 * 1024),
            remedy="Take the photo with a lower resolution, or scan fewer pages.",
        )
    media_type = _media_type(content)
    if media_type is None or (pictures_only and media_type == _PDF):
        raise FileNotTaken(
            "Only photos (JPEG, PNG, WebP) are taken here"
            if pictures_only
            else "Only PDF files and photos (JPEG, PNG, WebP) are taken here",
            where="file",
            remedy="Save it in one of these formats, or photograph the paper.",
        )
    kept = content if media_type == _PDF else _encoded_anew(content, media_type)
    return Cleaned(_plain_name(name, media_type), media_type, kept)


def keep_attachment(
    writing: Writing,
    content: bytes | Cleaned,
    *,
    name: str,
    owner: str,
    now: datetime,
    randbytes: Callable[[int], bytes],
    pictures_only: bool = False,
) -> Attachment:
    """Keep a file for its owner; the same file of the same owner again is the one that is there.

    Raises:
        TooLarge, FileNotTaken: see :func:`cleaned`.
    """
    fit = content if isinstance(content, Cleaned) else cleaned(content, name, pictures_only=pictures_only)
    digest = hashlib.sha256(fit.content).digest()
    connection = writing.connection
    known = connection.execute(
        select(AttachmentRow.id).where(AttachmentRow.owner == owner, AttachmentRow.sha256 == digest)
    ).scalar()
    if known is not None:
        return attachment(writing, known)
    made = Attachment(randbytes(16).hex(), owner, fit.media_type, fit.name, fit.content, now)
    connection.execute(
        insert(AttachmentRow),
        {
            "id": made.id,
            "owner": owner,
            "sha256": digest,
            "media_type": made.media_type,
            "name": made.name,
            "content": made.content,
            "size": len(made.content),
            "received": now,
        },
    )
    return made


def attachment(reading: Reading, attachment_id: str) -> Attachment:
    """The file of an id; whether the asker may see it is the business of the record that it belongs to.

    Raises:
        NotFound: there is none.
    """
    row = reading.connection.execute(
        select(
            AttachmentRow.id,
            AttachmentRow.owner,
            AttachmentRow.media_type,
            AttachmentRow.name,
            AttachmentRow.content,
            AttachmentRow.received,
        ).where(AttachmentRow.id == attachment_id)
    ).first()
    if row is None:
        raise NotFound("There is no such file", where="attachment")
    return Attachment(*row)


def _media_type(content: bytes) -> str | None:
    if content.startswith(b"%PDF-"):
        return _PDF
    if content.startswith(b"\xff\xd8\xff"):
        return _JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _PNG
    return _WEBP if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def _encoded_anew(content: bytes, media_type: str) -> bytes:
    try:
        with Image.open(BytesIO(content), formats=[_FORMATS[media_type]]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _too_many_pixels()
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a large JPEG is decoded at a fraction
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            pixels = upright.convert("RGBA" if _is_see_through(upright, media_type) else "RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except DAMAGED as error:
        raise FileNotTaken(
            "The picture is damaged and cannot be read", where="file", remedy="Take or save it again."
        ) from error
    fresh = Image.new(pixels.mode, pixels.size)
    fresh.paste(pixels)  # the pixels alone: Pillow would carry comments and profiles over
    out = BytesIO()
    fresh.save(out, _FORMATS[media_type], quality=_QUALITY)
    return out.getvalue()


def _is_see_through(picture: Image.Image, media_type: str) -> bool:
    return media_type != _JPEG and (picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info)


def _too_many_pixels() -> FileNotTaken:
    return FileNotTaken(
        "The picture has more than {most} million pixels",
        where="file",
        most=MOST_PIXELS // 1_000_000,
        remedy="Take the photo with a lower resolution.",
    )


def _plain_name(name: str, media_type: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(character for character in last if character.isprintable()).strip(" .")
    stem = shown.rpartition(".")[0] or shown
    ending = _ENDINGS[media_type]
    return (stem.encode("utf-8", "ignore").decode()[: LONGEST_NAME - len(ending)] or "file") + ending
