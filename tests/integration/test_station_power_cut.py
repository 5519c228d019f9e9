"""Power cuts under the outbox: a disk that forgets what was not synced loses nothing that was acknowledged.

The long form is ``suyuan bench durability power-cuts``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from suyuan.simulator.durability.power_cuts import Trouble, power_cuts
from suyuan.simulator.durability.torn_disk import Disk

SEED = 20261122


@pytest.mark.slow
def test_no_acknowledged_record_is_lost_to_power_cuts_failing_syncs_and_a_full_disk(tmp_path: Path) -> None:
    came = power_cuts(tmp_path, 150, seed=SEED, trouble=Trouble(failing=0.02, filling=0.005))
    assert came.verdict.holds, came
    assert came.corrupt == 0
    assert came.verdict.acknowledged > 5 * came.cuts  # it did work in between
    assert came.in_recovery
    assert came.failed_syncs > 20
    assert came.full > 20


@pytest.mark.slow
def test_the_same_test_finds_what_the_usual_setting_loses(tmp_path: Path) -> None:
    came = power_cuts(tmp_path, 60, seed=SEED, normal=True, trouble=Trouble(0.0, 0.0))
    assert came.verdict.lost > 0


@pytest.mark.slow
def test_the_same_test_finds_what_a_log_is_worth_that_was_not_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_at_all(_disk: Disk, _path: Path) -> None:
        pass

    monkeypatch.setattr(Disk, "harden", not_at_all)

    def found(seed: int) -> int:
        folder = tmp_path / str(seed)
        folder.mkdir()
        came = power_cuts(folder, 120, seed=seed, trouble=Trouble(failing=0.3, filling=0.0))
        return came.verdict.lost + came.corrupt

    assert any(found(seed) for seed in range(SEED, SEED + 6)), "where it is cut depends on the tables"


def test_a_seed_cuts_at_the_same_places(tmp_path: Path) -> None:
    assert power_cuts(tmp_path, 9, seed=SEED) == power_cuts(tmp_path, 9, seed=SEED)
