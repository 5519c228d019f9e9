"""Accounts over HTTP: what an administrator makes, closes and revokes; one's own password; who is asking."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.integration.market import NOW, PEOPLE, PLANT, Market, open_market

from suyuan.api import attempts
from suyuan.api.app import application
from suyuan.api.house import open_house
from suyuan.api.settings import SettingInvalid, read_settings
from suyuan.api.staff import Staff
from suyuan.portal.account_pages import Wanted
from suyuan.trace.errors import InvalidInput
from suyuan.trace.register.aliases import link
from suyuan.trace.register.sheets import KINDS
from suyuan.trace.store.accounts import CredentialsWrong, verify_password
from suyuan.trace.store.company_prefixes import prefixes_on_record
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.sight import HOUSE

NEW = {"name": "王芳", "role": "company", "party": PLANT.party}


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with open_market(tmp_path_factory.mktemp("market")) as opened:
        yield opened


def made(market: Market, **changed: str) -> str:
    """The password of a new account, read off its page."""
    answer = market.ask("admin", "POST", "/console/accounts", data={**NEW, **changed})
    assert answer.status_code == 201, answer.text
    found = re.search(r'class="code groups"><bdi>(\w+)</bdi>', answer.text)
    assert found is not None
    return found[1]


def signed_in(market: Market, name: str, password: str) -> TestClient | None:
    """A browser of its own, or None where the password is not taken."""
    browser = TestClient(market.client.app)
    answer = browser.post(
        "/sign-in",
        data={"name": name, "password": password},
        headers={"Origin": "http://testserver"},
        follow_redirects=False,
    )
    return browser if answer.status_code == 303 else None


def test_staff_of_a_company_signs_in_and_sees_the_company(market: Market) -> None:
    browser = signed_in(market, "王芳", made(market))
    assert browser is not None
    assert "江南食品产品" in browser.get("/console/register/product").text
    assert browser.get("/console/accounts").status_code == 403


def test_an_account_made_under_a_second_name_of_the_company_is_one_of_the_company(market: Market) -> None:
    second = "https://id.gs1.org/417/9521234000891"
    with Writing(market.house.engine) as writing:
        link(writing, second, PLANT.party, by=HOUSE, now=NOW)
    browser = signed_in(market, "周敏", made(market, name="周敏", party=second))
    assert browser is not None
    for kind in KINDS:
        path = f"/console/register/{kind}"
        owners, theirs = market.ask("owner", "GET", path).text, browser.get(path).text
        assert re.findall('/register/entry/[^"?]+', theirs) == re.findall('/register/entry/[^"?]+', owners)
    entry = browser.get(f"/console/register/entry/{PLANT.product}").text
    assert f"/console/register/amend/{PLANT.product}" in entry


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"name": ""}, 400),
        ({"role": ""}, 400),
        ({"role": "station"}, 400),
        ({"party": ""}, 400),
        ({"party": "https://id.gs1.org/417/9521234999999"}, 400),
        ({"role": "regulator"}, 400),  # a company is no authority
        ({"name": "owner"}, 409),
    ],
)
def test_what_cannot_be_made_is_told_and_leaves_nothing(
    market: Market, changed: dict[str, str], status: int
) -> None:
    before = len(Staff(market.house.engine, lambda: NOW).members())
    answer = market.ask("admin", "POST", "/console/accounts", data={**NEW, "name": "无人", **changed})
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert len(Staff(market.house.engine, lambda: NOW).members()) == before


def test_a_party_given_as_urn_tells_where_its_company_prefix_ends(market: Market) -> None:
    with Reading(market.house.engine) as reading:
        assert prefixes_on_record(reading)(PLANT.party[-13:-1]) is None
    staff = Staff(market.house.engine, lambda: NOW)
    urn = f"urn:epc:id:pgln:9521234.{PLANT.party[-6:-1]}"
    assert staff.make(Wanted("码头", "company", urn)).account.party == PLANT.party
    with Reading(market.house.engine) as reading:
        assert prefixes_on_record(reading)(PLANT.party[-13:-1]) == 7
    with pytest.raises(InvalidInput):
        staff.make(Wanted("无人", "company", "urn:epc:id:pgln:6901234.00001"))
    with Reading(market.house.engine) as reading:  # nothing of what was refused is kept
        assert prefixes_on_record(reading)("690123400001") is None


def test_a_closed_account_opens_nothing_and_opens_again(market: Market) -> None:
    password = made(market, name="李明")
    browser = signed_in(market, "李明", password)
    assert browser is not None
    market.ask("admin", "POST", "/console/accounts/of/李明/close")
    assert browser.get("/console", follow_redirects=False).status_code == 303  # to the sign-in page
    assert signed_in(market, "李明", password) is None
    market.ask("admin", "POST", "/console/accounts/of/李明/reopen")
    assert signed_in(market, "李明", password) is not None


def test_nobody_closes_their_own_account(market: Market) -> None:
    answer = market.ask("admin", "POST", "/console/accounts/of/admin/close")
    assert answer.status_code == 403
    assert market.ask("admin", "GET", "/console/accounts").status_code == 200


def test_a_new_password_and_ended_sessions(market: Market) -> None:
    old = made(market, name="赵强")
    browser = signed_in(market, "赵强", old)
    assert browser is not None
    answer = market.ask("admin", "POST", "/console/accounts/of/赵强/password")
    found = re.search(r'class="code groups"><bdi>(\w+)</bdi>', answer.text)
    assert found is not None
    assert browser.get("/console", follow_redirects=False).status_code == 303
    assert signed_in(market, "赵强", old) is None
    again = signed_in(market, "赵强", found[1])
    assert again is not None
    market.ask("admin", "POST", "/console/accounts/of/赵强/sign-out")
    assert again.get("/console", follow_redirects=False).status_code == 303


def test_tokens_are_listed_and_end_at_once(market: Market) -> None:
    page = market.ask("admin", "GET", "/console/accounts/of/rival device").text
    token = re.search(r'name="token" value="(\w+)"', page)
    assert token is not None
    assert market.tokens["rival device"] not in page
    foreign = market.ask(
        "admin", "POST", "/console/accounts/of/owner/revoke", data={"token": token[1]}
    )  # another account's
    assert foreign.status_code == 404
    market.ask("admin", "POST", "/console/accounts/of/rival device/revoke", data={"token": token[1]})
    assert market.ask("rival device", "GET", "/events").status_code == 401


@pytest.mark.parametrize("who", [name for name in PEOPLE if name != "admin" and "device" not in name])
def test_only_administrators_keep_accounts(market: Market, who: str) -> None:
    for method, path in (
        ("GET", "/console/accounts"),
        ("POST", "/console/accounts"),
        ("GET", "/console/accounts/of/admin"),
        ("POST", "/console/accounts/of/admin/close"),
        ("POST", "/console/accounts/of/admin/password"),
    ):
        assert market.ask(who, method, path).status_code == 403


def test_ones_own_password(market: Market) -> None:
    password = made(market, name="孙丽")
    browser = signed_in(market, "孙丽", password)
    assert browser is not None
    new = "一句很容易记住的新的话语"
    for old, first, second in (
        ("wrong" * 4, new, new),
        (password, new, "不一样的另一句话语才对"),
        (password, "short", "short"),
    ):
        answer = browser.post(
            "/console/password",
            data={"old": old, "new": first, "again": second},
            headers={"Origin": "http://testserver"},
        )
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
        assert first not in answer.text
    answer = browser.post(
        "/console/password",
        data={"old": password, "new": new, "again": new},
        headers={"Origin": "http://testserver"},
        follow_redirects=False,
    )
    assert answer.headers["location"].startswith("/sign-in")
    assert browser.get("/console", follow_redirects=False).status_code == 303
    with Reading(market.house.engine) as reading:
        assert verify_password(reading, "孙丽", new).name == "孙丽"
        with pytest.raises(CredentialsWrong):
            verify_password(reading, "孙丽", password)


@pytest.mark.parametrize(
    ("trusted", "apart"),
    [("", False), ("203.0.113.9", False), ("192.0.2.1", True), ("192.0.2.0/24, 2001:db8::1", True)],
)
def test_attempts_are_counted_by_whom_a_trusted_proxy_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: str, *, apart: bool
) -> None:
    """After wrong passwords from one client another one may still try, or may not."""
    monkeypatch.setattr(attempts, "PER_ADDRESS", 3)  # each costs a computation made to be slow
    settings = read_settings({**_SERVED, "SUYUAN_VAR": str(tmp_path), "SUYUAN_TRUSTED_PROXY": trusted})
    house = open_house(settings, lambda: NOW)
    with TestClient(application(settings, house, lambda: NOW), client=("192.0.2.1", 4711)) as client:

        def attempt(name: str, forwarded: str) -> int:
            answer = client.post(
                "/sign-in",
                data={"name": name, "password": "x" * 20},
                headers={"Origin": "http://testserver", "X-Forwarded-For": forwarded},
            )
            return answer.status_code

        assert [attempt(f"nobody-{n}", "198.51.100.1") for n in range(4)] == [401, 401, 401, 429]
        assert attempt("somebody", "198.51.100.2") == (401 if apart else 429)
        # What a client claims before the proxy's own word counts for nothing.
        assert attempt("somebody", "198.51.100.7, 198.51.100.1") == 429


@pytest.mark.parametrize("trusted", ["*", "proxy.example", "10.0.0.1/24", "300.0.0.1"])
def test_a_proxy_is_an_address_or_a_network(trusted: str) -> None:
    with pytest.raises(SettingInvalid, match="not an address"):
        read_settings({**_SERVED, "SUYUAN_TRUSTED_PROXY": trusted})


_SERVED = {"SUYUAN_PUBLIC_URL": "http://testserver"}
