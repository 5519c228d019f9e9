"""Forms in charsets that no browser uses, which decode to what is no text."""

from __future__ import annotations

from pathlib import Path

from tests.integration.market import open_market

FORM = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n%b\r\n--x--\r\n'
NO_TEXT = {"unicode_escape": rb"\ud800", "utf-7": b"+2AA-"}


def test_what_is_no_text_is_refused_in_words(tmp_path: Path) -> None:
    with open_market(tmp_path) as market:
        for charset, text in NO_TEXT.items():
            kind = f"multipart/form-data; boundary=x; charset={charset}"
            headers = {"Content-Type": kind, "Accept-Language": "zh", "Accept": "text/html"}
            answer = market.ask("admin", "POST", "/console/accounts", content=FORM % text, headers=headers)
            assert answer.status_code == 400
            assert "请求有误" in answer.text
