"""Signing in and out, and the second person, by plain forms."""

from __future__ import annotations

from pathlib import Path

from tests.unit.readers.station.page.test_work import hall
from tests.unit.readers.station.test_duty import ANNA, BODO

from suyuan.readers.station.duty import Duty


async def test_people_sign_in_confirm_and_leave(tmp_path: Path) -> None:
    async with hall(tmp_path) as at:
        station = at.host.station
        assert station is not None
        assert "names no staff" in await at.page("/duty")
        assert "/duty" not in await at.page()
        own = station.duty
        station.duty = Duty((ANNA, BODO), "+08:00", now=own._now, monotonic=own._monotonic)  # pyright: ignore[reportPrivateUsage]
        assert "Nobody is signed in" in await at.page("/duty")
        await at.post("/start", step="receive")
        assert "Sign in on the page Duty" in await at.until("attention")  # nothing is wrong with the goods
        wrong = await at.post("/duty", person="w1", pin="0000")
        assert (wrong.status_code, "do not match" in wrong.text) == (401, True)
        right = await at.post("/duty", person="w1", pin=" 4711 ")
        assert (right.status_code, right.headers["location"]) == (303, "/")
        assert "王芳" in await at.page()
        own_step = await at.post("/duty/confirm", person="w1", pin="4711")
        assert (own_step.status_code, "Ask a colleague" in own_step.text) == (403, True)
        await at.post("/duty/confirm", person="w2", pin="0815")
        assert "confirmed by 李强" in await at.page("/duty")
        await at.post("/duty/leave")
        assert station.duty.person is None
        strange = await at.post("/duty", person="<b>", pin="x" * 1000)
        assert strange.status_code == 401
        assert "<b>" not in strange.text


async def test_witnesses_are_chosen_from_the_staff_where_there_is_any(tmp_path: Path) -> None:
    async with hall(tmp_path) as at:
        station = at.host.station
        assert station is not None
        assert '<input id="f-witness_1"' in await at.page("/?step=destroy")
        own = station.duty
        station.duty = Duty((ANNA, BODO), "+08:00", now=own._now, monotonic=own._monotonic)  # pyright: ignore[reportPrivateUsage]
        text = await at.page("/?step=destroy")
        chosen = text[text.index('<select id="f-witness_1"') :].split("</select>")[0]
        assert '<option value="w2">李强</option>' in chosen
        assert '<option value=""></option>' in chosen  # nobody is a witness unasked
