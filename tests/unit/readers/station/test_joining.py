"""Joining a platform: through lost answers, full disks and every way to write a file; for another company."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path

import httpx
import pytest

from suyuan.readers.station import joining
from suyuan.readers.station.config_file import load
from suyuan.readers.station.device_key import DeviceKeyUnfit, read_device_key
from suyuan.readers.station.enrol import EnrolmentRefused, ServerNotReached, server_and_code
from suyuan.readers.station.joining import join
from suyuan.readers.station.page.words import say_error
from suyuan.readers.station.setup_file import FileNotWritten
from suyuan.trace.errors import WrongUse
from suyuan.trace.gs1.own import code_of_number

LINK = "https://trace.example/enrol#GOOD-CODE"
OURS, OTHERS = "https://id.gs1.org/417/9521234000006", "https://id.gs1.org/417/9521234000013"
PLACE, ELSEWHERE = (
    "https://id.gs1.org/414/9521234000006",
    f"https://trace.example/own/place/{code_of_number('S', 1)}",
)
READERS = f"""
[[readers]]
name = "gate"
url = "sim://gate"
[[read_points]]
name = "in"
reader = "gate"
step = "receive"
read_point = "{PLACE}/254/1"
biz_location = "{PLACE}"
[[read_points]]
name = "visit"
reader = "gate"
step = "receive"
read_point = "https://id.gs1.org/414/9521234000020/254/1"
biz_location = "https://id.gs1.org/414/9521234000020"
"""


class Server:
    """Lets a key in by a code, and gives the same answer to the same code and key again, as ours does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = 0
        self.let_in: dict[str, str] = {}
        self.loses = 0
        self.party, self.place = OURS, PLACE
        self.refuses = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        assert list(self.folder.glob("device-key.json.*.pending")), "the key was not on the disk"
        told = json.loads(request.content)
        code, key = told["code"], told["public_key"]["x"]
        if self.refuses:
            return httpx.Response(409, json={"code": self.refuses, "detail": "No."})
        if self.let_in.setdefault(code, key) != key:
            return httpx.Response(409, json={"code": "enrolment-code-used", "detail": "Used."})
        if self.loses:
            self.loses -= 1
            raise httpx.ReadError("the answer was lost")
        return httpx.Response(
            201,
            json={
                "device": hashlib.sha256(code.encode()).hexdigest()[:16],
                "name": "1 号码头",
                "party": self.party,
                "place": self.place,
                "audience": "https://trace.example",
                "block_list_key": "00" * 32,
                "server_time": "2026-11-21T08:00:00Z",
            },
        )

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self))


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "station.toml"


def left_over(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir() if file.name.endswith((".pending", ".part"))]


def test_a_lost_answer_is_asked_for_again_with_the_same_key(server: Server, path: Path) -> None:
    server.loses = 5
    with server.client() as client:
        with pytest.raises(ServerNotReached):
            join(path, LINK, client=client)
        assert not path.exists()
        told = join(path, "good code", server_url="https://trace.example", client=client)
    assert told.name == "1 号码头"
    assert len(server.let_in) == 2  # the code in two spellings: whose server reads them as one
    assert len(set(server.let_in.values())) == 1
    key = read_device_key(path.with_name("device-key.json"))
    assert key.key.as_dict(private=False)["x"] in server.let_in.values()
    assert key.party == OURS
    assert left_over(path.parent) == []


def test_a_disk_that_fails_after_the_server_let_it_in_is_mended_by_the_same_code(
    server: Server, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise FileNotWritten("full")

    with server.client() as client:
        with monkeypatch.context() as broken:
            broken.setattr(joining.setup_file, "write", full)
            with pytest.raises(FileNotWritten):
                join(path, LINK, client=client)
        join(path, LINK, client=client)
    assert (server.asked, len(server.let_in)) == (2, 1)
    assert tomllib.loads(path.read_text())["server"]["device_key_file"] == "device-key.json"


def test_a_refused_code_leaves_nothing_and_too_many_tries_keep_the_key(server: Server, path: Path) -> None:
    server.refuses = "enrolment-code-expired"
    with server.client() as client:
        with pytest.raises(EnrolmentRefused):
            join(path, LINK, client=client)
        assert list(path.parent.iterdir()) == []
        server.refuses = "too-many-codes"
        with pytest.raises(EnrolmentRefused):
            join(path, LINK, client=client)
    assert len(left_over(path.parent)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "server = 3",
        "[[server]]\nurl = 'x'",
        "station = 'dock'",
        "not toml",
        f"[station]\nid = 'a'\nparty = 'p'\ndata = 'd'\nutc_offset = 8\n{READERS}",
    ],
)
def test_a_file_that_cannot_be_changed_costs_no_code(server: Server, path: Path, text: str) -> None:
    path.write_text(text)
    with server.client() as client, pytest.raises(WrongUse):
        join(path, LINK, client=client)
    assert (server.asked, path.read_text(), left_over(path.parent)) == (0, text, [])


def test_a_disk_that_takes_no_file_costs_no_code(server: Server, path: Path) -> None:
    path.with_name("station.toml.part").mkdir()  # nothing can be written under that name
    with server.client() as client, pytest.raises(FileNotWritten):
        join(path, LINK, client=client)
    assert server.asked == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a word\n",
        '[page]\nlisten = "off"\n',
        'station = {id = "dock-1", party = "p", data = "data"}\nserver = {url = "http://old", token = "x"}\n',
        'station.id = "dock-1"\nserver.url = "http://old"\nserver.token = "x"\n[page]\nlisten = "off"\n',
        '[station]\nid = "dock-1"\n[page]\nlisten = "off"\n[server]\ntoken = "x"\n',
        '[server]\ntoken = "x"\n[page]\nlisten = "off"\n[server.proxy]\na = 1\n',
    ],
)
def test_every_way_to_write_the_file_is_understood(server: Server, path: Path, text: str) -> None:
    path.write_text(text)
    before = tomllib.loads(text)
    with server.client() as client:
        join(path, LINK, client=client)
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(told["server"]) - {"proxy"} == {"url", "device_key_file", "key"}
    assert told["server"].get("proxy") == before.get("server", {}).get("proxy")
    assert (told["station"]["party"], told["station"]["name"]) == (OURS, "1 号码头")
    assert told["station"]["id"] == before.get("station", {}).get("id", "1")
    assert told.get("page") == before.get("page")


def test_the_file_follows_another_company_and_its_place(server: Server, path: Path) -> None:
    with server.client() as client:
        join(path, LINK, client=client)
        path.write_text(path.read_text(encoding="utf-8") + READERS, encoding="utf-8")
        first = load(path)
        server.party, server.place = OTHERS, ELSEWHERE
        join(path, LINK.replace("GOOD", "NEXT"), client=client)
    config = load(path)
    assert (first.party, first.place, first.called) == (OURS, PLACE, "1 号码头")
    assert (config.station, config.party, config.place) == (first.station, OTHERS, ELSEWHERE)
    assert [(p.read_point, p.biz_location) for p in config.read_points] == [
        (f"{ELSEWHERE}/point/1", ELSEWHERE),
        (first.read_points[1].read_point, first.read_points[1].biz_location),  # that one was elsewhere
    ]
    assert read_device_key(path.with_name("device-key.json")).party == OTHERS


def test_a_key_that_was_open_to_others_is_not_shown_again(server: Server, path: Path) -> None:
    server.loses = 3
    with server.client() as client:
        with pytest.raises(ServerNotReached):
            join(path, LINK, client=client)
        [pending] = path.parent.glob("*.pending")
        pending.chmod(0o644)
        with pytest.raises(DeviceKeyUnfit):
            read_device_key(pending)
        with pytest.raises(EnrolmentRefused):  # another key, another device
            join(path, LINK, client=client)


@pytest.mark.parametrize(
    ("given", "server"),
    [
        ("https://trace.example/enrol#C", "https://trace.example"),
        ("trace.example/enrol#C", "https://trace.example"),
        ("192.168.1.5:8000/enrol/#C", "http://192.168.1.5:8000"),
    ],
)
def test_an_address_is_understood_as_people_write_it(given: str, server: str) -> None:
    assert server_and_code(given) == (server, "C")
    assert server_and_code("C", given.partition("#")[0]) == (server, "C")


@pytest.mark.parametrize(
    ("bare", "scheme"), [("localhost:1", "http"), ("[::1]:1", "http"), ("1.1.1.1", "https")]
)
def test_only_what_is_near_is_asked_without_a_certificate(bare: str, scheme: str) -> None:
    assert server_and_code("C", bare)[0] == f"{scheme}://{bare}"


@pytest.mark.parametrize("server", ["", "ftp://x", "a b?c", "http://"])
def test_a_code_without_an_address_is_answered_in_words_of_the_page(server: str) -> None:
    with pytest.raises(WrongUse) as told:
        server_and_code("C", server)
    assert "--" not in told.value.remedy
    sentence, remedy = say_error("zh", told.value)
    assert sentence.endswith("。")
    assert remedy.endswith("。")
