"""Whatever somebody asks for in vain, telling what it was a guess at does not fail."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from suyuan.api.resolver.short import in_plain
from suyuan.trace.scan.probing import probe_of
from suyuan.trace.scan.visitor import is_scan, network_of, visitor_of

SEGMENTS = st.sampled_from(
    [
        "p",
        "01",
        "21",
        "10",
        "00",
        "own",
        "other",
        "09521234000013",
        "7001",
        "%2F",
        "%",
        "",
        "..",
        "\0",
        "奶",
        "🥛",
    ]
)
PATHS = st.one_of(
    st.text(max_size=60), st.lists(st.one_of(SEGMENTS, st.text(max_size=20)), max_size=8).map("/".join)
).map(lambda path: f"/{path}")


@given(PATHS)
def test_any_path_is_a_probe_of_something_or_of_nothing(path: str) -> None:
    probe = probe_of(in_plain(path))
    assert probe is None or (probe.keys and all(key.startswith("http") for key in probe.keys))


@given(st.text(max_size=60), st.text(max_size=600))
def test_any_address_and_agent_make_a_visitor(address: str, agent: str) -> None:
    assert isinstance(network_of(address), str)
    assert len(visitor_of(b"salt", address, agent)) == 8
    assert is_scan("GET", {"user-agent": agent}) in (True, False)
