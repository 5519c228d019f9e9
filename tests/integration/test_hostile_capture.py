"""Hostile documents over HTTP: the real server answers each within 2 s of work and 256 MiB, and goes on.

The server runs as users run it, with a limit of the system on the memory of its worker; what it used at most
is read for each document. Time is what its processor worked, so that a busy machine proves nothing wrong.
"""

from __future__ import annotations

import gzip
import os
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from tests.conftest import absent
from tests.integration.test_store_capture import NOW, XML_HEAD, XML_TAIL, document, observed
from tests.ports import free_port

from suyuan.api.database import prepared_engine
from suyuan.api.demo.server import running_server
from suyuan.api.settings import read_settings
from suyuan.trace.epcis.problems import DEFAULT_LIMITS
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Writing

pytestmark = pytest.mark.slow  # measured in seconds, so without coverage

MOST_S = 2.0
MOST_BYTES = 256 << 20
"""Beyond what the server has at rest."""
MEGABYTES = 15 << 20
JSON, XML, GZIP = "application/json", "application/xml", "gzip"
HEAD, TAIL = document([observed()]).split(b'"epcList"')


def event(members: bytes) -> bytes:
    """A document whose one event has these members beside its own."""
    return HEAD + members + b',"epcList"' + TAIL


def extension(value: bytes) -> bytes:
    return event(b'"https://e.cn/x":' + value)


def xml(inner: str, before: str = "") -> bytes:
    return (before + XML_HEAD + inner + XML_TAIL).encode()


def many(form: str, size: int = MEGABYTES) -> bytes:
    """As many of a numbered thing as fill a body."""
    return "".join(form.format(n) for n in range(size // len(form.format(10**6)))).encode()


def goods(number: int, form: str) -> bytes:
    """A document that names so many things, in as few events as may be."""
    spelled = [form.format(n) for n in range(number)]
    most = DEFAULT_LIMITS.epcs_per_event
    return document([observed(n, epcList=spelled[n : n + most]) for n in range(0, number, most)])


def master_data(elements: int, attributes: int) -> bytes:
    """That many places with that many attributes each, in XML."""
    told = "".join(f'<attribute id="urn:a:{n}">x</attribute>' for n in range(attributes))
    places = "".join(f'<VocabularyElement id="urn:x:{n}">{told}</VocabularyElement>' for n in range(elements))
    listed = f"<VocabularyElementList>{places}</VocabularyElementList>"
    vocabulary = f'<Vocabulary type="urn:epcglobal:epcis:vtype:BusinessLocation">{listed}</Vocabulary>'
    within = f"<EPCISMasterData><VocabularyList>{vocabulary}</VocabularyList></EPCISMasterData>"
    header = f"<EPCISHeader><extension>{within}</extension></EPCISHeader>"
    return xml("").replace(b"<EPCISBody>", header.encode() + b"<EPCISBody>")


LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "entities": (XML, lambda: xml("&l9;", f'<!DOCTYPE x [<!ENTITY l0 "lol">{LAUGHS}]>')),
    "a file as entity": (XML, lambda: xml("&x;", '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>')),
    "parameter entity": (
        XML,
        lambda: xml("", '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/">%p;]>'),
    ),
    "DOCTYPE": (XML, lambda: xml("", "<!DOCTYPE EPCISDocument>")),
    "elements 100,000 deep": (XML, lambda: xml("<a>" * 100_000 + "</a>" * 100_000)),
    "elements 200 deep": (XML, lambda: xml("<ObjectEvent>" + "<a>" * 200 + "</a>" * 200 + "</ObjectEvent>")),
    "a million attributes": (
        XML,
        lambda: xml(f"<ObjectEvent {many('a{:06d}=- ').decode()}/>".replace("-", '""')),
    ),
    "a million namespaces": (XML, lambda: xml("<ObjectEvent " + many('xmlns:a{0}="u:{0}" ').decode() + "/>")),
    "a million elements": (XML, lambda: xml("<ObjectEvent>" + "<a/>" * (MEGABYTES // 4) + "</ObjectEvent>")),
    "a million events": (XML, lambda: xml("<ObjectEvent/>" * (MEGABYTES // 14))),
    "a long text": (XML, lambda: xml("<ObjectEvent><action>" + "x" * MEGABYTES + "</action></ObjectEvent>")),
    "a long comment": (XML, lambda: xml("<!--" + "x" * MEGABYTES + "-->")),
    "arrays 100,000 deep": (JSON, lambda: extension(b"[" * 100_000 + b"]" * 100_000)),
    "objects 100,000 deep": (JSON, lambda: extension(b'{"a":' * 100_000 + b"0" + b"}" * 100_000)),
    "objects 1,000 deep": (JSON, lambda: extension(b'{"a":' * 1000 + b"0" + b"}" * 1000)),
    "deep in a twin": (JSON, lambda: event(b'"e:x":' + b"[" * 900 + b"]" * 900 + b',"e:x":1')),
    "only brackets": (JSON, lambda: b"[" * MEGABYTES),
    "millions of arrays": (JSON, lambda: extension(b"[" + b"[]," * (MEGABYTES // 3) + b"0]")),
    "millions of objects": (JSON, lambda: extension(b"[" + b"{}," * (MEGABYTES // 3) + b"0]")),
    "millions of texts": (JSON, lambda: extension(b"[" + many('"{}",') + b"0]")),
    "millions of numbers": (JSON, lambda: extension(b"[" + b"1.5," * (MEGABYTES // 4) + b"0]")),
    "an endless number": (JSON, lambda: extension(b"9" * MEGABYTES)),
    "an endless fraction": (JSON, lambda: extension(b"0." + b"9" * MEGABYTES)),
    "a number beyond": (JSON, lambda: extension(b"1e999")),
    "a number beyond in XML": (XML, lambda: xml(f"<ObjectEvent><q>{'9' * 10**6}</q></ObjectEvent>")),
    "a million members": (JSON, lambda: event(many('"e:a{}":0,') + b'"z":0')),
    "a million extensions": (JSON, lambda: event(many('"https://e.cn/{}":0,') + b'"z":0')),
    "a million prefixes": (
        JSON,
        lambda: document([observed()], "@@").replace(b'"@@"', b"{" + many('"p{0}":"u:{0}",') + b'"z":"u:z"}'),
    ),
    "a million twins": (JSON, lambda: event(b'"e:a":0,' * (MEGABYTES // 8) + b'"e:a":1')),
    "twins of every member": (JSON, lambda: event(many('"e:{0}":0,', MEGABYTES // 2) * 2 + b'"e:a":1')),
    "half a surrogate pair": (JSON, lambda: extension(rb'"\ud800"')),
    "NUL": (JSON, lambda: extension(rb'"\u0000"')),
    "no UTF-8": (JSON, lambda: extension(b'"\xff"')),
    "empty events": (JSON, lambda: document([]).replace(b"[]", b"[" + b"{}," * (MEGABYTES // 3) + b"{}]")),
    "wrong events": (JSON, lambda: document([observed(epcList=["x"])] * 9_000)),
    "wrong identifiers": (JSON, lambda: document([observed(epcList=["x"] * 99)] * 4_000)),
    "a long text in JSON": (JSON, lambda: extension(b'"' + b"x" * MEGABYTES + b'"')),
    "a long identifier": (
        JSON,
        lambda: document([observed(epcList=["https://id.gs1.org/01/" + "1/" * 49_000])]),
    ),
    "as many things as may be": (
        JSON,
        lambda: goods(DEFAULT_LIMITS.epcs_per_document, "urn:epc:id:grai:9506000.12345.{}"),
    ),
    "things that fill a body": (JSON, lambda: goods(350_000, "https://e.cn/01/09506000134352/21/{:06}")),
    # Two thirds of what fits: a body full of it takes the two seconds, and the machine may be busy.
    "much master data": (XML, lambda: master_data(12_000, 12)),
    "master data of too many parts": (XML, lambda: master_data(190_000, 1)),
    "gzip": (GZIP, lambda: gzip.compress(b" " * (64 << 20), 9)),
    "gzip in gzip": (GZIP, lambda: gzip.compress(gzip.compress(b"0" * (64 << 20)))),
}


# The first is read as the number that it is next to; the others are within all limits.
CAPTURED = ("an endless fraction", "as many things as may be", "much master data")


@dataclass(frozen=True, slots=True)
class Server:
    client: httpx.Client
    worker: int
    at_rest: int = 0

    def worked(self) -> float:
        """Seconds that the processor worked for it."""
        told = Path(f"/proc/{self.worker}/stat").read_text().rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")

    def peak(self) -> int:
        """Bytes that it had in use at most since it was asked before."""
        used = _status(self.worker, "VmHWM")
        Path(f"/proc/{self.worker}/clear_refs").write_text("5")
        return used

    def send(self, kind: str, content: bytes, behaviour: str = "proceed") -> httpx.Response:
        headers = {"Content-Type": XML if kind == XML else JSON, "GS1-Capture-Error-Behaviour": behaviour}
        if kind == GZIP:
            headers["Content-Encoding"] = "gzip"
        return self.client.post("/capture", content=content, headers=headers)


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{name}:"))


def _below(pid: int) -> Iterator[int]:
    yield pid
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            yield from _below(int(child))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if sys.platform != "linux":
        absent("a limit of another process's memory needs Linux")
    folder, port = tmp_path_factory.mktemp("hostile"), free_port()
    settings = read_settings(
        {"SUYUAN_VAR": str(folder), "SUYUAN_PORT": str(port), "SUYUAN_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    )
    engine = prepared_engine(settings.database)
    with Writing(engine) as writing:
        create_account(writing, "dock", role=AccountRole.STATION, party="urn:x:dock", now=NOW)
        token, _ = create_token(writing, "dock", now=NOW, randbytes=os.urandom)
    engine.dispose()
    with (
        running_server(settings) as url,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=120) as client,
    ):
        [own] = [pid for pid in _below(os.getpid()) if b"suyuan.api.demo.served" in _command(pid)][:1]
        worker = max(_below(own), key=lambda pid: _status(pid, "VmRSS"))
        found = Server(client, worker)
        for kind, content in (
            (JSON, document([observed(1)])),
            (XML, xml("<x/>")),
        ):  # what is loaded at first use
            found.send(kind, content)
        # A fence: what is only reserved counts here too, and costs nothing.
        fence = _status(worker, "VmData") + 2 * MOST_BYTES
        resource.prlimit(worker, resource.RLIMIT_DATA, (fence, resource.RLIM_INFINITY))
        yield replace(found, at_rest=_status(worker, "VmRSS"))


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # ended meanwhile
        return b""


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_answered_and_harms_nothing(server: Server, name: str) -> None:
    kind, made = BOMBS[name]
    content = made()
    server.peak()
    before = server.worked()
    answer = server.send(kind, content, "rollback" if name == "wrong identifiers" else "proceed")
    took, used = server.worked() - before, server.peak() - server.at_rest
    assert answer.status_code in (202, 400, 413), answer.text
    if answer.status_code == 202:  # refused event by event
        job = server.client.get(answer.headers["Location"]).json()
        assert job["success"] is (name in CAPTURED), job
    else:
        assert answer.json()["type"] in (
            "epcisException:ValidationException",
            "epcisException:CaptureLimitExceededException",
        )
        assert len(answer.content) < 100_000
    assert b"memory" not in answer.content
    assert took < MOST_S
    assert used < MOST_BYTES
    assert server.client.get("/livez").status_code == 200
