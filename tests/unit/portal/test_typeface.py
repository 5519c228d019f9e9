"""The face of Chinese on labels: embedded where there is one, and what it lacks is told before printing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pytest
import reportlab  # type: ignore[import-untyped]  # it ships no types
from tests.conftest import absent

from suyuan.portal.sheet import FORMS, Face, Look, arrange, sheets
from suyuan.portal.typeface import PLACES, Typeface, TypefaceUnfit, find_typeface, typeface_at

FACE = Face(
    link="https://trace.example.cn/01/06901234567892/10/L7/21/K7M3QP4R",
    names=("五香鲜肉粽子", "Pork zongzi"),
    facts=(("批次 Lot", "端午-7"), ("生产日期 Made", "2026-11-18")),
    serial_caption="序列号 Serial",
    serial="K7M3 QP4R",
    foot="扫码溯源 Scan to trace",
    note="P00001A · 非 GS1 not GS1",
)


@pytest.fixture(scope="module")
def chinese() -> Typeface:
    found = find_typeface()
    if not found.embedded:
        absent("there is no Chinese typeface to embed; on Debian: apt-get install fonts-wqy-microhei")
    return found


@pytest.mark.parametrize("name", ["a4-24", "roll-60x40", "a4-4"])
def test_every_line_of_a_label_stands_on_the_printed_page(chinese: Typeface, name: str) -> None:
    look = Look(chinese=chinese)
    form = FORMS[name]
    pdf = sheets([FACE], form, look, "labels")
    assert b"/FontFile2" in pdf
    assert b"STSong" not in pdf
    paper: Any = pypdfium2.PdfDocument(pdf)
    page = paper[0]
    said = page.get_textpage().get_text_range()
    scale = 8.0
    image = page.render(scale=scale * 25.4 / 72).to_pil().convert("L")
    for line in arrange(FACE, form, look).lines:
        assert line.text in said
        high = line.size * 25.4 / 72
        box = (line.x, line.y - 0.8 * high, line.x + 0.6 * high * len(line.text), line.y + 0.1 * high)
        area = image.crop(tuple(round(side * scale) for side in box))
        ink = sum(area.histogram()[:128]) / (area.width * area.height)
        assert ink > 0.03, line.text
    paper.close()


def test_without_a_face_the_standard_one_is_named_and_nothing_is_said_of_its_letters(tmp_path: Path) -> None:
    (tmp_path / "wrong.ttf").write_bytes(b"no typeface")
    found = find_typeface([tmp_path / "absent.ttf", tmp_path / "wrong.ttf"])
    assert not found.embedded
    assert found.lacks("粽𠮷") == ""
    assert b"STSong" in sheets([FACE], FORMS["a4-24"], Look(chinese=found), "labels")


def test_letters_that_the_face_lacks_are_named_once(chinese: Typeface) -> None:
    assert chinese.lacks("𠮷野家的粽子，𠮷") == "𠮷"


def test_a_file_that_cannot_be_embedded_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "letter.ttf").write_bytes(b"%PDF-1.7")
    for path in (tmp_path / "letter.ttf", tmp_path / "absent.ttf", tmp_path):
        with pytest.raises(TypefaceUnfit, match=path.name) as told:
            typeface_at(path)
        assert told.value.where == "SUYUAN_LABEL_FONT"


def test_a_face_without_chinese_is_refused() -> None:
    latin = Path(str(reportlab.__file__)).parent / "fonts" / "Vera.ttf"
    with pytest.raises(TypefaceUnfit, match="lacks Chinese"):
        typeface_at(latin)


def test_the_places_name_files_of_absolute_paths() -> None:
    assert all(path.suffix in (".ttf", ".ttc") for path in PLACES)
