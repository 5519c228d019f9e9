from __future__ import annotations

import gc

import pytest

from suyuan.trace.epcis.collector import paused_collector
from suyuan.trace.epcis.json_document import read_json
from suyuan.trace.epcis.problems import ValidationError


def test_the_collector_runs_again_after_the_last_reader() -> None:
    assert gc.isenabled()
    with paused_collector():
        with paused_collector():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_runs_again_after_a_refusal() -> None:
    with pytest.raises(ValidationError):
        read_json(b"{")
    assert gc.isenabled()
