"""What a look at a code proves, over HTTP: marks, signatures and taps of chips, and what forgers try."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient
from tests.conformance.test_commands import suyuan
from tests.integration.farm import HERE, NOW, Farm, entered, farming
from tests.integration.test_labels import OFFICERS, event, hold_of
from tests.unit.trace.sun.test_taps import LRP_FILE, P12, P18, PLAIN, Fixed

from suyuan.api.app import application
from suyuan.api.house import House
from suyuan.api.labelling import LabelDesk
from suyuan.api.proofs import Proofs
from suyuan.api.settings import Settings, read_settings
from suyuan.portal.labels import Order
from suyuan.portal.sheet import FORMS
from suyuan.trace.gs1 import identify
from suyuan.trace.recall.passport import Level
from suyuan.trace.recall.recall import Act
from suyuan.trace.resolver.link_types import link_type
from suyuan.trace.resolver.links import Link
from suyuan.trace.resolver.links import Role as LinkRole
from suyuan.trace.scan.label_keys import LabelKeyError, new_label_keys, read_label_keys, renew_label_keys
from suyuan.trace.scan.look import Look
from suyuan.trace.store.engine import Reading, Writing, open_engine
from suyuan.trace.store.links import OPERATOR, replace_links
from suyuan.trace.store.scans import Scan
from suyuan.trace.store.tag_bindings import Binding, Bound, ChipKind, bind, bindings_of_chip, unbind
from suyuan.trace.store.tag_readings import last_reading
from suyuan.trace.sun import Role, SunKeys, new_key_file, read_key_file
from suyuan.trace.sun.ciphers import BLOCK, ZERO, encrypt
from suyuan.trace.sun.taps import mac_of

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 Version/26.1 Safari/604.1"
)
OTHER = "Mozilla/5.0 (Linux; Android 16; PHZ110) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36"
UID, ANOTHER = bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("04A1B2C3D4E5F7")


def tapped(keys: SunKeys, uid: bytes, counter: int, version: int = 1) -> str:
    """What a chip sends at its ``counter``-th reading."""
    count = counter.to_bytes(3, "little")
    hidden = encrypt(
        keys.tag_key(Role.META_READ, b"", version), ZERO, (b"\xc7" + uid + count).ljust(BLOCK, b"\xa5")
    )
    mac = mac_of(keys.tag_key(Role.FILE_READ, uid, version), uid, count)
    return f"e={hidden.hex().upper()}&c={mac.hex().upper()}"


@dataclass
class Shop:
    """A platform with keys, an item with a marked label that is on record, and a clock."""

    farm: Farm
    settings: Settings
    keys: SunKeys
    items: list[str]
    clock: list[datetime] = field(default_factory=lambda: [NOW])

    @property
    def item(self) -> str:
        return self.items[0].partition("?")[0].removeprefix(HERE)

    @property
    def mark(self) -> str:
        return self.items[0].partition("?")[2]

    def page(self, query: str = "", path: str = "", agent: str = PHONE, **headers: str) -> Any:
        sent = {"User-Agent": agent, "Accept": "text/html", "Accept-Language": "en", **headers}
        return self.farm.client.get(f"/p{path or self.item}?{query}", headers=sent)

    def tap(self, counter: int, uid: bytes = UID, **more: Any) -> Any:
        return self.page(tapped(self.keys, uid, counter), **more)

    def bind(self, uid: bytes = UID, key: str = "", party: str = "") -> Bound:
        told = Binding(
            key or identify(self.items[0]).key,
            uid.hex().upper(),
            ChipKind.SUN,
            party or self.farm.party,
            NOW - timedelta(hours=1),
            "urn:uuid:0193429a-0000-7000-8000-000000000001",
        )
        with Writing(self.farm.house.engine) as writing:
            return bind(writing, told)

    @contextmanager
    def restarted(self, **keys: Path | None) -> Generator[Shop]:
        """The same store with other keys; by connections of its own, which it gives back at its end."""
        settings = replace(self.settings, **keys)  # type: ignore[arg-type]
        url = self.farm.house.engine.url.render_as_string(hide_password=False)
        house = House(open_engine(url), settings, lambda: self.clock[0])
        with TestClient(application(settings, house, lambda: self.clock[0])) as client:
            yield replace(self, farm=replace(self.farm, client=client, house=house), settings=settings)


@pytest.fixture
def shop(engine: Engine, tmp_path: Path) -> Iterator[Shop]:
    labels, sun = tmp_path / "labels.toml", tmp_path / "sun.toml"
    new_label_keys(labels)
    new_key_file(sun, system="Suyuan")
    settings = read_settings(
        {"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": HERE, "SUYUAN_LABEL_KEYS": str(labels),
         "SUYUAN_SUN_KEYS": str(sun)}
    )  # fmt: skip
    clock = [NOW]
    with farming(engine, settings, lambda: clock[0]) as farm:
        yield Shop(farm, settings, read_key_file(sun), commissioned(farm, Order(farm.lot, 2, "nfc")), clock)


def commissioned(farm: Farm, order: Order, number: int = 1) -> list[str]:
    """The links of labels whose items are on record."""
    tags = farm.desk.job(farm.viewer, farm.desk.make(farm.viewer, order))[1]
    plain = [tag.link.partition("?")[0] for tag in tags]
    farm.tell(event(number, "ADD", "commissioning", epcList=plain, bizLocation={"id": farm.shed}))
    return [tag.link for tag in tags]


def test_a_right_mark_is_told_and_a_code_without_it_is_called_what_it_is(shop: Shop) -> None:
    assert shop.mark.startswith("v=")
    right, plain = shop.page(shop.mark), shop.page()
    assert (right.status_code, plain.status_code) == (200, 200)
    assert "The mark on the label is right" in right.text
    assert "bears a mark, and the link that you opened has none" in plain.text
    assert "mark on the label is right" not in plain.text


def test_a_wrong_mark_is_answered_as_a_serial_that_nobody_gave_out(shop: Shop) -> None:
    guessed = shop.item[:-1] + ("A" if shop.item[-1] != "A" else "B")
    unknown = shop.page(shop.mark, path=guessed)
    for wrong in ("v=AAAAAAAAAAAAAAAA", "v=", f"{shop.mark}&{shop.mark}", "v=%00", f"v={'x' * 1900}"):
        answer = shop.page(wrong)
        assert answer.status_code == unknown.status_code == 404
        assert without(answer.text, shop.item, wrong) == without(unknown.text, guessed, shop.mark)
    assert shop.page(shop.items[1].partition("?")[2]).status_code == 404


def test_a_wrong_mark_does_not_tell_that_a_label_waits_for_its_goods(shop: Shop) -> None:
    job = shop.farm.desk.make(shop.farm.viewer, Order(shop.farm.lot, 1, "nfc"))
    link, _, mark = shop.farm.desk.job(shop.farm.viewer, job)[1][0].link.partition("?")
    path, wrong = link.removeprefix(HERE), "v=AAAAAAAAAAAAAAAA"
    guessed = path[:-1] + ("A" if path[-1] != "A" else "B")
    for right in (mark, ""):
        assert "This label is ours" in shop.page(right, path=path).text
    forged, unknown = shop.page(wrong, path=path), shop.page(wrong, path=guessed)
    assert forged.status_code == unknown.status_code == 404
    assert without(forged.text, path, wrong) == without(unknown.text, guessed, wrong)


def test_a_seal_means_nothing_on_a_code_whose_label_has_none(shop: Shop) -> None:
    assert shop.page("v=AAAAAAAAAAAAAAAA&s=x.y", path="/own/product/P00001A").status_code == 200


def without(page: str, path: str, query: str) -> str:
    """A page without the code that it is of."""
    serial = path.rpartition("/")[2]
    for said in (query.replace("&", "&amp;"), query, path, serial, grouped(serial)):
        page = page.replace(said, "") if said else page
    return page


def grouped(serial: str) -> str:
    return " ".join(serial[at : at + 4] for at in range(0, len(serial), 4))


def test_a_wrong_mark_hides_no_hold_of_the_lot(shop: Shop) -> None:
    desk = shop.farm.house.desk
    case = desk.draft(hold_of(shop.farm.lot), OFFICERS[0])
    proposed = desk.propose(case.number, Act.HOLD, OFFICERS[0], "Listeria").proposal
    assert proposed is not None
    desk.confirm(case.number, proposed.number, OFFICERS[1])
    forged, unknown = shop.page("v=AAAAAAAAAAAAAAAA"), shop.page(shop.mark, path=f"{shop.item[:-2]}AB")
    assert (forged.status_code, unknown.status_code) == (200, 200)
    for answer in (forged, unknown):
        assert "On hold" in answer.text
        assert "mark on the label is right" not in answer.text


def test_a_signature_is_checked_by_the_page_and_by_a_stranger_without_a_network(
    shop: Shop, tmp_path: Path
) -> None:
    link = commissioned(shop.farm, Order(shop.farm.lot, 1, "nfc", seal="signature"), 2)[0]
    page = shop.page(link.partition("?")[2], path=link.partition("?")[0].removeprefix(HERE))
    assert "The signature on the label is right" in page.text
    published = shop.farm.client.get("/.well-known/jwks.json")
    assert published.headers["Access-Control-Allow-Origin"] == "*"
    keys = tmp_path / "jwks.json"
    keys.write_bytes(published.content)
    done = suyuan("label", "check", link, "--keys", str(keys))
    assert (done.returncode, "right:" in done.stdout) == (0, True), done.stderr
    for wrong, said in (
        (link[:-4] + "AAAA", "wrong"),
        (link.replace("?s=", "?s=x"), "cannot be checked"),
        (link.partition("?")[0], "bears no signature"),
        (link.replace(HERE, "https://elsewhere.example"), ""),  # an own code belongs to its platform
        ("x" * 4000, "bears no signature"),
    ):
        done = suyuan("label", "check", wrong, "--keys", str(keys))
        assert done.returncode != 0
        assert said in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("form", sorted(name for name, form in FORMS.items() if not form.units))
@pytest.mark.parametrize(("seal", "told"), [("mark", "?v="), ("signature", "?s=")])
def test_a_symbol_that_holds_a_seal_is_read_back_from_every_label(
    shop: Shop, form: str, seal: str, told: str
) -> None:
    job = shop.farm.desk.make(shop.farm.viewer, Order(shop.farm.lot, 1, form=form, seal=seal))
    assert told in shop.farm.desk.job(shop.farm.viewer, job)[1][0].link


def test_a_fresh_tap_verifies_once_and_for_whoever_reloads(shop: Shop) -> None:
    shop.bind()
    first = shop.tap(5)
    assert "Chip verified" in first.text
    assert first.headers["Cache-Control"] == "no-store"
    assert "cannot prove that the item" not in first.text
    again = shop.tap(5)
    assert "Chip verified" in again.text
    elsewhere = shop.tap(5, agent=OTHER)
    assert "Chip verified" not in elsewhere.text
    assert "This reading was seen before" in elsewhere.text
    shop.clock[0] = NOW + timedelta(minutes=11)
    late = shop.tap(5)
    assert "This reading was seen before" in late.text
    assert "Chip verified" in shop.tap(6).text


@pytest.mark.parametrize(
    ("link", "uid", "counter"),
    [(P12, "04DE5F1EACC040", 61), (P18, "04958CAA5C5E80", 8), (PLAIN, "041E3C8A2D6B80", 6),
     (LRP_FILE, "049B112A2F7080", 4)],
)  # fmt: skip
def test_published_taps_are_verified_and_counted_as_a_page_has_it(
    shop: Shop, link: str, uid: str, counter: int
) -> None:
    shop.bind(bytes.fromhex(uid))
    engine = shop.farm.house.engine
    look = Look(NOW, link.partition("?")[2], visitor=b"one")
    proof = Proofs(engine, sun=Fixed()).of(shop.farm.house.passport(shop.item), look)
    assert (proof.level, proof.reasons[0].code) == (Level.TAP, "chip-verified")
    with Reading(engine) as reading:
        last = last_reading(reading, bytes.fromhex(uid))
    assert last is not None
    assert (last.reading, last.seen) == ((1, counter), NOW)


def test_a_link_that_was_kept_is_called_that(shop: Shop) -> None:
    shop.bind()
    assert "Chip verified" in shop.tap(7).text
    kept = shop.tap(6, agent=OTHER)
    assert "Code may be copied" in kept.text
    assert "The link was kept or copied" in kept.text
    crossed = shop.tap(6)  # the same phone, whose requests overtook each other
    assert "Hold your phone to the tag once more" in crossed.text
    assert "Code may be copied" not in crossed.text


def test_what_counts_was_on_the_disk_before_the_page_said_so(shop: Shop) -> None:
    shop.bind()
    assert "Chip verified" in shop.tap(9).text
    with shop.restarted() as other:
        assert "Chip verified" not in other.tap(9, agent=OTHER).text
        assert "kept or copied" in other.tap(8, agent=OTHER).text
    with Reading(shop.farm.house.engine) as reading:
        last = last_reading(reading, UID)
    assert last is not None
    assert last.reading == (1, 9)


def test_of_many_that_send_one_reading_at_once_one_is_fresh(shop: Shop) -> None:
    shop.bind()
    agents = [f"{PHONE} number/{n}" if n % 2 else f"{OTHER} number/{n}" for n in range(8)]
    pages: list[str] = []

    def tap(agent: str) -> None:
        pages.append(shop.tap(3, agent=agent).text)

    runs = [Thread(target=tap, args=(agent,)) for agent in agents]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    verified = [page for page in pages if "Chip verified" in page]
    assert len(pages) == 8
    assert len(verified) == 4  # those that look like the one that came first: the same kind of phone
    with Reading(shop.farm.house.engine) as reading:
        assert reading.connection.execute(text("SELECT count(*) FROM tag_reading")).scalar() == 1


def test_a_tap_of_another_object_is_found_out(shop: Shop) -> None:
    shop.bind()
    second = shop.items[1].partition("?")[0].removeprefix(HERE)
    shop.bind(ANOTHER, identify(shop.items[1]).key)
    moved = shop.tap(1, path=second)
    assert "it belongs to another item" in moved.text
    assert "Code may be copied" in moved.text
    assert "Chip verified" in shop.tap(1, ANOTHER, path=second).text


def test_a_link_of_one_tap_counts_against_one_object_and_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[Any] = []
    monkeypatch.setattr(shop.farm.house.scanning.log, "note", noted.append)
    shop.bind(ANOTHER, identify(shop.items[1]).key)
    for agent in (PHONE, OTHER, PHONE):
        assert "it belongs to another item" in shop.tap(7, ANOTHER, agent=agent).text
    assert [one.outcome for one in noted] == ["of-another", "none", "none"]
    kept = shop.tap(7, ANOTHER, path=shop.items[1].partition("?")[0].removeprefix(HERE), agent=OTHER)
    assert "Chip verified" not in kept.text, "the reading is spent"


def test_a_chip_that_two_makers_claim_accuses_neither_of_their_goods(shop: Shop) -> None:
    stranger = "https://id.gs1.org/417/9521234000006"
    assert shop.bind(key="https://id.gs1.org/01/09521234000013/21/1", party=stranger) is Bound.NEW
    item = shop.items[1].partition("?")[0]
    assert "it belongs to another item" in shop.tap(1, path=item.removeprefix(HERE)).text
    of_chip: dict[str, Any] = {
        "@context": [{"suyuan": "https://ns.suyuan.example/"}],
        "suyuan:tags": [{"suyuan:epc": item, "suyuan:tid": UID.hex()}],
    }
    shop.farm.tell(event(8, "ADD", "commissioning", epcList=[item], **of_chip))
    page = shop.tap(2, path=item.removeprefix(HERE)).text
    assert "nothing on record says which item it is on" in page
    assert "Code may be copied" not in page


def test_a_chip_whose_number_alone_was_told_is_known_to_sign_once_it_did(shop: Shop) -> None:
    with Writing(shop.farm.house.engine) as writing:
        chip = UID.hex().upper()
        bind(writing, Binding(identify(shop.items[0]).key, chip, ChipKind.NFC, shop.farm.party, NOW, "e"))
    assert "carries a chip that signs" not in shop.page(shop.mark).text
    assert "Chip verified" in shop.tap(1).text
    assert "carries a chip that signs" in shop.page(shop.mark).text


def test_a_forged_code_does_not_lead_to_the_site_of_the_brand(shop: Shop) -> None:
    brand = Link(link_type("gs1:pip"), "https://brand.example.cn/", "Brand")
    with Writing(shop.farm.house.engine) as writing:
        product = entered(
            writing, "product", identifier="6901234567892", name_zh="腊肉", producer=shop.farm.party
        )
        lot = entered(writing, "lot", product=product, lot="L7")
        replace_links(writing, lot, [brand], owner=OPERATOR, by="root", now=NOW)
    item, _, mark = commissioned(shop.farm, Order(lot, 1, "nfc"), 3)[0].partition("?")
    sent = {"User-Agent": PHONE, "Accept": "text/html"}
    right, forged = (
        shop.farm.client.get(f"{item}?{query}&linkType=gs1:pip", headers=sent, follow_redirects=False)
        for query in (mark, "v=AAAAAAAAAAAAAAAA")
    )
    assert (right.status_code, forged.status_code) == (307, 404)


def test_a_tap_counts_where_the_code_leads_to_the_brand_and_a_kept_one_does_not_lead_there(
    shop: Shop,
) -> None:
    shop.bind()
    brand = Link(link_type("gs1:pip"), "https://brand.example.cn/", "Brand", role=LinkRole.DEFAULT)
    with Writing(shop.farm.house.engine) as writing:
        replace_links(writing, identify(shop.items[0]).key, [brand], owner=OPERATOR, by="root", now=NOW)

    def scan(counter: int, agent: str) -> Any:
        sent = {"User-Agent": agent, "Accept": "text/html", "Accept-Language": "en"}
        query = tapped(shop.keys, UID, counter)
        return shop.farm.client.get(f"{shop.item}?{query}", headers=sent, follow_redirects=False)

    assert scan(7, PHONE).status_code == 307
    kept = scan(6, OTHER)
    assert (kept.status_code, "The link was kept or copied" in kept.text) == (200, True)


def test_a_tap_that_is_fetched_ahead_counts_when_somebody_comes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Led to the brand ahead, the browser would not ask again: a copy of the tap would never be noticed."""
    shop.bind()
    item = identify(shop.items[0]).key
    brand = Link(link_type("gs1:pip"), "https://brand.example.cn/", "Brand", role=LinkRole.DEFAULT)
    with Writing(shop.farm.house.engine) as writing:
        replace_links(writing, item, [brand], owner=OPERATOR, by="root", now=NOW)
    noted: list[str] = []

    def note(told: Scan) -> None:
        noted.append(told.key)

    monkeypatch.setattr(shop.farm.house.scanning.log, "note", note)

    def scan(query: str, **headers: str) -> Any:
        sent = {"User-Agent": PHONE, "Accept": "text/html", "Accept-Language": "en", **headers}
        return shop.farm.client.get(f"{shop.item}?{query}", headers=sent, follow_redirects=False)

    def counted() -> tuple[int, int] | None:
        with Reading(shop.farm.house.engine) as reading:
            last = last_reading(reading, UID)
        return None if last is None else last.reading

    tap = tapped(shop.keys, UID, 7)
    for early in ({"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}):
        for query in (tap, f"{tap}&linkType=gs1:pip", ""):
            for accept in ("text/html", "*/*"):
                answer = scan(query, **early, Accept=accept)
                assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
    robot = scan(tap, **{"User-Agent": "Mozilla/5.0 (compatible; DingTalkBot-LinkService/1.0)"})
    assert robot.headers["Location"].startswith("https://brand.example.cn/")
    assert (counted(), noted) == (None, [])
    assert scan(tap).headers["Location"].startswith("https://brand.example.cn/")
    assert (counted(), noted) == ((1, 7), [item])
    kept = scan(tapped(shop.keys, UID, 6), **{"User-Agent": OTHER})
    assert (kept.status_code, "The link was kept or copied" in kept.text) == (200, True)


def test_a_genuine_tap_that_nobody_bound_proves_nothing_of_the_item(shop: Shop) -> None:
    page = shop.tap(1)
    assert "nothing on record says which item it is on" in page.text
    assert "Chip verified" not in page.text


def test_who_strips_the_signature_is_told_that_there_should_be_one(shop: Shop) -> None:
    shop.bind()
    query = tapped(shop.keys, UID, 1)
    for stripped in ("", shop.mark, query.partition("&")[0], query.partition("&")[2]):
        page = shop.page(stripped)
        assert page.status_code == 200
        assert "This item carries a chip that signs" in page.text
        assert "Chip verified" not in page.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("e=00&c=00", "not whole"),
        ("e=%zz&c=%zz", "not whole"),
        ("e=" + "A" * 1500 + "&c=00", "not whole"),
        ("e=" + "A" * 32 + "&c=" + "B" * 16, "the signature is wrong"),
        ("uid=04A1B2C3D4E5F6&ctr=000001&c=" + "B" * 16, "the signature is wrong"),
        ("e=" + "A" * 32 + "&e=" + "A" * 32 + "&c=" + "B" * 16, "not whole"),
    ],
)
def test_what_is_no_tap_is_a_page_with_a_reason(shop: Shop, query: str, said: str) -> None:
    shop.bind()
    answer = shop.page(query)
    assert answer.status_code == 200
    assert said in answer.text
    assert "Chip verified" not in answer.text


def test_who_looks_ahead_uses_no_tap_up(shop: Shop) -> None:
    shop.bind()
    query = tapped(shop.keys, UID, 4)
    assert shop.page(query, **{"Sec-Purpose": "prefetch;prerender"}).status_code == 503
    assert shop.page(query, agent="Mozilla/5.0 (compatible; urlmanager)").status_code == 200
    assert shop.farm.client.head(f"/p{shop.item}?{query}", headers={"User-Agent": PHONE}).status_code == 200
    assert "Chip verified" in shop.page(query).text


def test_a_chip_of_an_object_that_is_stopped_praises_nothing(shop: Shop) -> None:
    shop.bind()
    shop.farm.tell(
        event(7, "OBSERVE", "destroying", epcList=[shop.items[0].partition("?")[0]], disposition="destroyed",
              bizLocation={"id": shop.farm.shed})
    )  # fmt: skip
    page = shop.tap(1)
    assert "Recorded as destroyed" in page.text
    assert "Chip verified" not in page.text


def test_who_lost_the_keys_says_that_nothing_can_be_checked(shop: Shop, tmp_path: Path) -> None:
    shop.bind()
    anew, fresh = tmp_path / "anew.toml", tmp_path / "fresh.toml"
    new_label_keys(anew)
    new_key_file(fresh, system="Suyuan")
    for labels, sun in ((None, None), (anew, fresh)):
        with shop.restarted(label_keys=labels, sun_keys=sun) as keyless:
            for query in (shop.mark, "v=AAAAAAAAAAAAAAAA", tapped(shop.keys, UID, 1)):
                page = keyless.page(query)
                assert page.status_code == 200
                assert "cannot be checked at present" in page.text
                assert "Code may be copied" not in page.text


def test_labels_are_reprinted_under_the_keys_of_their_day_and_not_without(shop: Shop, tmp_path: Path) -> None:
    path = shop.settings.label_keys
    assert path is not None
    renew_label_keys(path)
    with shop.restarted() as renewed:
        assert "The mark on the label is right" in renewed.page(shop.mark).text
    anew = tmp_path / "anew.toml"
    new_label_keys(anew)
    job = shop.farm.desk.jobs(shop.farm.viewer)[0].id
    for keys in (None, read_label_keys(anew)):
        desk = LabelDesk(
            shop.farm.house.engine, shop.settings, lambda: NOW, bytes, shop.farm.house.passport, keys
        )
        with pytest.raises(LabelKeyError, match=r"SUYUAN_LABEL_KEYS|not in the file"):
            desk.job(shop.farm.viewer, job)


def test_keys_are_in_no_table_and_no_answer(shop: Shop, engine: Engine) -> None:
    shop.bind()
    shop.tap(1)
    path = shop.settings.label_keys
    assert path is not None
    secret = [line.partition('"')[2].strip('"\n') for line in path.read_text().splitlines() if '"' in line]
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT value FROM setting")).scalars().all()
    kept = b" ".join(bytes(row) for row in rows)
    assert len(secret) == 2
    for one in secret:
        assert one.encode() not in kept
        assert bytes.fromhex(one) not in kept
        assert one not in orjson.dumps(shop.farm.client.get("/.well-known/jwks.json").json()).decode()


def test_nobody_moves_a_chip_that_another_put_on_something(shop: Shop) -> None:
    chip, second = UID.hex().upper(), identify(shop.items[1]).key
    assert shop.bind() is Bound.NEW
    assert shop.bind() is Bound.KNOWN
    assert shop.bind(key=second, party="https://id.gs1.org/417/9521234000006") is Bound.TAKEN
    engine = shop.farm.house.engine
    with Writing(engine) as writing:
        early = Binding(
            second, chip, ChipKind.SUN, shop.farm.party, NOW - timedelta(days=2), "urn:uuid:early"
        )
        assert bind(writing, early) is Bound.NEW
        assert [one.key for one in bindings_of_chip(writing, chip, at=NOW)] == [identify(shop.items[0]).key]
        assert [one.key for one in bindings_of_chip(writing, chip, at=NOW - timedelta(days=1))] == [second]
        later = replace(early, since=NOW, evidence="urn:uuid:late")
        assert bind(writing, later) is Bound.NEW
        assert [one.key for one in bindings_of_chip(writing, chip, at=NOW)] == [second]
        assert not unbind(writing, chip, party="https://id.gs1.org/417/9521234000006", at=NOW)
        assert unbind(writing, chip, party=shop.farm.party, at=NOW + timedelta(hours=1))
        assert bindings_of_chip(writing, chip, at=NOW + timedelta(hours=2)) == []


def test_how_fast_taps_are_verified_is_measured() -> None:
    done = suyuan("bench", "sun", "--count", "200", "--writes", "5", "--json")
    assert done.returncode == 0, done.stderr
    rows = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert [row["per_second"] > 0 for row in rows] == [True] * 4


def test_the_form_offers_seals_where_there_are_keys(shop: Shop) -> None:
    shop.farm.sign_in()
    assert "Against forged links" in shop.farm.client.get("/console/labels?lang=en").text
    sent = {"subject": shop.farm.lot, "count": "2", "seal": "signature"}
    answer = shop.farm.client.post(
        "/console/labels", data=sent, headers={"Origin": HERE}, follow_redirects=False
    )
    assert answer.status_code == 303
    job = shop.farm.client.get(answer.headers["Location"] + "?lang=en").text
    assert "?s=" in job
    assert "Signature" in job
    wrong = shop.farm.client.post("/console/labels", data={**sent, "seal": "wax"}, headers={"Origin": HERE})
    assert wrong.status_code == 400
    with shop.restarted(label_keys=None) as bare:
        bare.farm.sign_in()
        assert "SUYUAN_LABEL_KEYS" in bare.farm.client.get("/console/labels?lang=en").text
