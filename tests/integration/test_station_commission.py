"""``suyuan station commission`` by hand: a sim reader, one blank tag, no platform."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from suyuan.api.commands import station_commission
from suyuan.api.commands.station import app
from suyuan.trace.errors import SuyuanError

FILE = """
[station]
id = "press-1"
party = "https://id.gs1.org/417/6901234567892"
data = "data"
[server]
url = "http://127.0.0.1:9"
token = "x"
[page]
listen = "off"
[[readers]]
name = "press"
url = "sim://press?epcs=e28011910000000000000001&period=0.05"
[[read_points]]
name = "coding"
reader = "press"
step = "commission"
read_point = "https://id.gs1.org/414/6901234567892/254/1"
"""
ORDER = ["--product", "06901234567892", "--lot", "L1", "--count", "1", "--last", "120", "--point", "coding"]


def run(folder: Path, *more: str) -> str:
    found = CliRunner().invoke(app, ["commission", str(folder / "station.toml"), *ORDER, *more])
    if isinstance(found.exception, SuyuanError):
        raise found.exception
    assert found.exit_code == 0, found.output
    return found.output


def test_an_order_is_written_recorded_and_not_begun_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(station_commission, "DELIVERY_S", 0.01)
    (tmp_path / "station.toml").write_text(FILE, encoding="utf-8")
    first = ("--order", "W1", "--first", "100", "--reader", "press", "--expires", "2027-03-01")
    told = run(tmp_path, *first)
    assert "已写入并校验：100" in told
    assert "1/1 · 完成 done · 1" in told
    again = run(tmp_path, *first)
    assert "1/1\n" in again
    assert "已写入" not in again
    with pytest.raises(SuyuanError, match="belongs to the order W1"):
        run(tmp_path, "--order", "W2", "--first", "99", "--reader", "press")
    with pytest.raises(SuyuanError, match="access password"):
        run(tmp_path, *first, "--password", "12")
    monkeypatch.setattr(station_commission, "PATIENCE_S", 0.01)
    with pytest.raises(SuyuanError, match="No reader pres that writes"):
        run(tmp_path, "--order", "W3", "--first", "90", "--last", "95", "--reader", "pres")
