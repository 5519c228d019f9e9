from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from suyuan.trace.errors import TooLarge
from suyuan.trace.register.attachments import LARGEST, LONGEST_SIDE, FileNotTaken, cleaned

SECRET = b"31.2304N 121.4737E"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def picture(kind: str, size: tuple[int, int] = (60, 40), mode: str = "RGB") -> bytes:
    """A picture, left half red, with a place, a comment and a profile hidden in it."""
    image = Image.new(mode, size, "white")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2 - 1, size[1]), fill="red")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    exif[0x010F] = SECRET.decode()
    exif.get_ifd(0x8825)[2] = (31.0, 13.0, 49.0)
    out = BytesIO()
    if kind == "JPEG":
        image.save(out, kind, exif=exif, comment=SECRET, icc_profile=SECRET * 20)
    elif kind == "PNG":
        info = PngInfo()
        info.add_text("Location", SECRET.decode())
        image.save(out, kind, exif=exif, pnginfo=info)
    else:
        image.save(out, kind, exif=exif, xmp=SECRET)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "media_type", "ending"),
    [("JPEG", "image/jpeg", ".jpg"), ("PNG", "image/png", ".png"), ("WEBP", "image/webp", ".webp")],
)
def test_pictures_lose_what_the_camera_wrote(kind: str, media_type: str, ending: str) -> None:
    given_ = picture(kind)
    assert SECRET in given_
    kept = cleaned(given_, "../../IMG 7.HEIC", pictures_only=True)
    assert (kept.media_type, kept.name) == (media_type, f"IMG 7{ending}")
    assert SECRET not in kept.content
    with Image.open(BytesIO(kept.content)) as image:
        assert image.format == kind
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background"}
        assert image.size == (40, 60)  # turned as the camera said
        red, _, blue = image.convert("RGB").getpixel((20, 5))  # type: ignore[misc]  # a colour of three
        assert red > 200
        assert blue < 60


def test_what_is_behind_a_picture_is_gone() -> None:
    kept = cleaned(picture("JPEG") + b"<script>" + PDF, "a.jpg")
    assert b"<script>" not in kept.content
    assert b"%PDF" not in kept.content


def test_transparency_stays() -> None:
    kept = cleaned(picture("PNG", mode="RGBA"), "a.png")
    with Image.open(BytesIO(kept.content)) as image:
        assert image.mode == "RGBA"


def test_large_photos_are_made_smaller() -> None:
    kept = cleaned(picture("JPEG", (5000, 1000)), "a.jpg")
    with Image.open(BytesIO(kept.content)) as image:
        assert max(image.size) <= LONGEST_SIDE
        assert max(image.size) > LONGEST_SIDE // 3


def test_a_pdf_is_kept_as_it_came() -> None:
    kept = cleaned(PDF, "检疫证\x00<>.exe")
    assert (kept.content, kept.media_type, kept.name) == (PDF, "application/pdf", "检疫证<>.pdf")
    with pytest.raises(FileNotTaken, match="Only photos"):
        cleaned(PDF, "a.pdf", pictures_only=True)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"GIF89a",
        b"<svg/>",
        b"MZ\x90",
        b"PK\x03\x04",
        b"RIFF\0\0\0\0WAVE",
        b"\xff\xd8",
        b" %PDF-1.7",
    ],
)
def test_other_files_are_refused_with_what_is_taken(content: bytes) -> None:
    with pytest.raises(FileNotTaken, match="Only PDF files and photos"):
        cleaned(content, "a.jpg")


def test_a_photo_of_a_hundred_megabytes_is_too_large() -> None:
    with pytest.raises(TooLarge, match="larger than 10 MB"):
        cleaned(b"\xff\xd8\xff" + bytes(100 * 1024 * 1024), "a.jpg")
    with pytest.raises(TooLarge):
        cleaned(bytes(LARGEST + 1), "a.jpg")


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is so large."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8_000, 10_000, 12_000, 60_000])
def test_a_picture_that_would_fill_the_memory_is_not_unpacked(side: int) -> None:
    with pytest.raises(FileNotTaken, match="60 million pixels"):
        cleaned(bomb(side, side), "a.png")


def test_a_damaged_picture_is_told() -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        content = picture(kind)
        with pytest.raises(FileNotTaken, match="damaged"):
            cleaned(content[: len(content) // 2], "a")


# Pillow warns of odd metadata; we throw all of it away.
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.data())
def test_hostile_bytes_are_answered(kind: str, data: st.DataObject) -> None:
    content = bytearray(picture(kind, (16, 16)))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        kept = cleaned(bytes(content), data.draw(st.text(max_size=300)))
    except FileNotTaken:
        return
    assert len(kept.name) <= 100
    assert kept.name.isprintable()
    assert SECRET not in kept.content
