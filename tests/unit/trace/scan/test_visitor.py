"""Visitors are told apart for a day, coarsely; what is no person looking is no scan."""

from __future__ import annotations

import pytest

from suyuan.trace.scan.visitor import agent_family, is_robot, is_scan, network_in, network_of, visitor_of

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.1 Mobile/15E148 Safari/604.1"
)
WECHAT = (
    IPHONE.replace("Version/26.1 ", "") + " MicroMessenger/8.0.66(0x1800422f) NetType/WIFI Language/zh_CN"
)
PIXEL = (
    "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 "
    "Mobile Safari/537.36"
)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113"),
        ("2001:db8:1:2345::1", "2001:db8:1:2300::"),
        ("2001:db8:1:23ff:1::9", "2001:db8:1:2300::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:203.0.113.7", "203.0.113"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_of_an_address_its_network_is_used(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_visitor_is_a_network_and_a_kind_of_browser_on_one_day() -> None:
    visitor = visitor_of(b"monday", "203.0.113.7", IPHONE)
    assert len(visitor) == 8
    assert visitor == visitor_of(b"monday", "203.0.113.200", IPHONE.replace("26_1", "27_0"))
    others = [
        visitor_of(b"tuesday", "203.0.113.7", IPHONE),
        visitor_of(b"monday", "203.0.114.7", IPHONE),
        visitor_of(b"monday", "203.0.113.7", WECHAT),
        visitor_of(b"monday", "203.0.113.7", PIXEL),
        visitor_of(b"monday", "203.0.113.7", "\udcff" * 600),
    ]
    assert len({visitor, *others}) == 6
    same = [network_in(visitor) == network_in(other) for other in others]
    assert same == [False, False, True, True, True], (
        "kinds of browser are in one network, which is told apart"
    )


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        (IPHONE, "Safari iPhone"),
        (WECHAT, "MicroMessenger iPhone"),
        (PIXEL, "Chrome Android"),
        ("curl/8.15", "? ?"),
        ("x" * 600 + "Safari iPhone", "? ?"),
    ],
)
def test_of_an_agent_its_family_is_used(agent: str, family: str) -> None:
    assert agent_family(agent) == family


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "curl/8.15",
        "python-httpx/0.30",
        "WhatsApp/2.23.20.0",
        "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/148.0 Safari/537.36",
        "Mozilla/5.0 (compatible; DingTalkBot-LinkService/1.0)",
        "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 Mobile Safari/537.36 (compatible; Bytespider)",
        "Mozilla/5.0 (compatible; SemrushBot-BA; +http://www.semrush.com/bot.html)",
        "Mozilla/5.0 (compatible; Google-InspectionTool/1.0;)",
        "Mozilla/5.0 (compatible; FeedFetcher-Google; +http://www.google.com/feedfetcher.html)",
        "Mozilla/5.0 (compatible; url-manager)",
        "Mozilla/5.0 (compatible; facebookexternalhit/1.1; SkypeUriPreview)",
    ],
)
def test_robots_and_makers_of_previews_do_not_scan(agent: str) -> None:
    assert is_robot(agent)
    assert not is_scan("GET", {"user-agent": agent})


@pytest.mark.parametrize(
    "model", ["CUBOT NOTE 20", "CUBOT_X18_Plus", "zh-cn; CUBOT", "Botanica 5", "Monitorix"]
)
def test_phones_may_be_called_what_their_makers_like(model: str) -> None:
    assert not is_robot(PIXEL.replace("Pixel 10", f"{model} Build/RP1A; wv"))


def test_a_browser_that_asks_for_the_page_scans() -> None:
    assert is_scan("GET", {"user-agent": WECHAT})
    assert is_scan("GET", {"user-agent": PIXEL, "sec-fetch-mode": "navigate", "cookie": "other=1"})


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("POST", {}),
        ("GET", {"if-none-match": '"1"'}),
        ("GET", {"sec-purpose": "prefetch;prerender"}),
        ("GET", {"purpose": "prefetch"}),
        ("GET", {"x-moz": "prefetch"}),
        ("GET", {"sec-fetch-mode": "no-cors"}),
        ("GET", {"cookie": "__Host-suyuan=secret"}),
        ("GET", {"authorization": "Bearer secret"}),
    ],
)
def test_what_nobody_looks_at_is_no_scan(method: str, headers: dict[str, str]) -> None:
    assert not is_scan(method, {"user-agent": PIXEL, **headers})
