"""Forms in charsets that no browser uses, which decode to what is no text."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.readers.station.page.test_phone import Hall

NO_TEXT = {"unicode_escape": rb"\ud800abcde", "utf-7": b"+2AA-abc"}


@pytest.mark.parametrize("charset", sorted(NO_TEXT))
async def test_what_is_no_text_is_refused_in_words(charset: str, tmp_path: Path) -> None:
    hall = Hall(tmp_path)
    await hall.start()
    parts = (
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n/'.encode() + NO_TEXT[charset] + b"\r\n"
        for name in ("pin", "code", "name", "back")
    )
    form = b"".join(parts) + b"--x--\r\n"
    sent = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}", "Accept-Language": "zh"}
    for path in ("/pin", "/phone/pair", "/language/zh"):
        answer = await hall.browser().post(path, content=form, headers=sent)
        assert (path, answer.status_code) == (path, 400)
        assert "无法读取提交的表单。" in answer.text
    await hall.stop()
