"""What people enter and own: the register, documents of lots, devices, labels, complaints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

from suyuan.trace.gs1 import Identifier, IdentifierError, canonical_key, identify, piece_of, site

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Written out rather than imported: a migration must go on meaning what it meant.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970 UTC


def upgrade() -> None:
    _register()
    _labels_and_devices()
    _complaints()
    _sight()
    _refuse_changes()


def column(name: str, kind: Any, *, nullable: bool = False, **options: Any) -> sa.Column[Any]:
    """A column that is NOT NULL unless it says otherwise."""
    return sa.Column(name, kind, nullable=nullable, **options)


def _register() -> None:
    op.create_table(
        "entry",
        column("key", WORDS),
        column("kind", WORDS),
        column("owner", WORDS),
        column("state", WORDS),
        column("created", INSTANT),
        column("created_by", WORDS),
        column("decided", INSTANT, nullable=True),
        column("decided_by", WORDS, nullable=True),
        column("note", WORDS),
        column("code", WORDS),
        column("search", WORDS),
        column("party", WORDS),
        column("place", WORDS),
        column("stage", WORDS),
        column("district", WORDS),
        sa.PrimaryKeyConstraint("key", name="pk_entry"),
    )
    op.create_index("ix_entry_code", "entry", ["code"])
    op.create_index("ix_entry_party_kind", "entry", ["party", "kind"])
    op.create_index("ix_entry_place", "entry", ["place"])
    op.create_index("ix_entry_stage_district", "entry", ["stage", "district"])
    op.create_index(
        "ix_entry_owner_kind_code",
        "entry",
        ["owner", "kind", "code"],
        unique=True,
        sqlite_where=sa.text("code != ''"),
        postgresql_where=sa.text("code != ''"),
    )
    op.create_index("ix_entry_kind_owner_key", "entry", ["kind", "owner", "key"])
    op.create_index("ix_entry_state_kind", "entry", ["state", "kind"])
    op.create_table(
        "alias",
        column("alias", WORDS),
        column("key", WORDS),
        column("created", INSTANT),
        column("created_by", WORDS),
        sa.PrimaryKeyConstraint("alias", name="pk_alias"),
        sa.ForeignKeyConstraint(["key"], ["entry.key"], name="fk_alias_key_entry"),
    )
    op.create_index("ix_alias_key", "alias", ["key"])
    op.create_table(
        "attachment",
        column("id", WORDS),
        column("owner", WORDS),
        column("sha256", sa.LargeBinary()),
        column("media_type", WORDS),
        column("name", WORDS),
        column("content", sa.LargeBinary()),
        column("size", ID),
        column("received", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_attachment"),
    )
    op.create_index("ix_attachment_owner_sha256", "attachment", ["owner", "sha256"], unique=True)
    op.create_table(
        "upload",
        column("id", WORDS),
        column("account", WORDS),
        column("kind", WORDS),
        column("name", WORDS),
        column("content", sa.LargeBinary()),
        column("expires", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
    )
    op.create_index("ix_upload_account_expires", "upload", ["account", "expires"])
    op.create_table(
        "lot_document",
        column("id", WORDS),
        column("lot", WORDS),
        column("owner", WORDS),
        column("kind", WORDS),
        column("number", WORDS),
        column("issuer", WORDS),
        column("issued", WORDS),
        column("expires", WORDS),
        column("attachment", WORDS, nullable=True),
        column("created", INSTANT),
        column("created_by", WORDS),
        column("withdrawn", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_lot_document"),
        sa.ForeignKeyConstraint(
            ["attachment"], ["attachment.id"], name="fk_lot_document_attachment_attachment"
        ),
    )
    op.create_index("ix_lot_document_lot", "lot_document", ["lot"])
    op.create_index("ix_lot_document_owner_expires", "lot_document", ["owner", "expires"])
    op.create_table(
        "allocation",
        column("series", WORDS),
        column("next", ID),
        sa.PrimaryKeyConstraint("series", name="pk_allocation"),
    )


def _labels_and_devices() -> None:
    op.create_table(
        "label_job",
        column("id", WORDS),
        column("owner", WORDS),
        column("subject", WORDS),
        column("carrier", WORDS),
        column("count", sa.Integer()),
        column("content", sa.LargeBinary()),
        column("created", INSTANT),
        column("created_by", WORDS),
        sa.PrimaryKeyConstraint("id", name="pk_label_job"),
    )
    op.create_index("ix_label_job_owner_created", "label_job", ["owner", "created"])
    op.create_table(
        "label",
        column("key", WORDS),
        column("job", WORDS),
        column("position", sa.Integer()),
        sa.PrimaryKeyConstraint("key", name="pk_label"),
        sa.ForeignKeyConstraint(["job"], ["label_job.id"], name="fk_label_job_label_job"),
    )
    op.create_index("ix_label_job_position", "label", ["job", "position"], unique=True)
    op.create_table(
        "device",
        column("id", WORDS),
        column("kind", WORDS),
        column("name", WORDS),
        column("party", WORDS),
        column("place", WORDS),
        column("public_key", sa.LargeBinary()),
        column("thumbprint", WORDS),
        column("enrolled", INSTANT),
        column("enrolled_by", WORDS),
        column("revoked", INSTANT, nullable=True),
        column("revoked_by", WORDS, nullable=True),
        column("last_seen", INSTANT, nullable=True),
        column("last_boot", WORDS),
        column("boot_since", INSTANT, nullable=True),
        column("boots", sa.LargeBinary()),
        column("clock_offset", sa.Integer(), nullable=True),
        column("doubled", INSTANT, nullable=True),
        column("block_list_sequence", sa.Integer()),
        column("block_list_time", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_device"),
        sa.UniqueConstraint("thumbprint", name="uq_device_thumbprint"),
    )
    op.create_index("ix_device_party_name", "device", ["party", "name"])
    op.create_table(
        "enrolment",
        column("hash", sa.LargeBinary()),
        column("id", WORDS),
        column("kind", WORDS),
        column("name", WORDS),
        column("party", WORDS),
        column("place", WORDS),
        column("created", INSTANT),
        column("created_by", WORDS),
        column("expires", INSTANT),
        column("used", INSTANT, nullable=True),
        column("device", WORDS, nullable=True),
        sa.PrimaryKeyConstraint("hash", name="pk_enrolment"),
        sa.UniqueConstraint("id", name="uq_enrolment_id"),
        sa.ForeignKeyConstraint(["device"], ["device.id"], name="fk_enrolment_device_device"),
    )
    op.create_index("ix_enrolment_party_created", "enrolment", ["party", "created"])


def _complaints() -> None:
    op.create_table(
        "complaint",
        column("number", WORDS),
        column("channel", WORDS),
        column("received", INSTANT),
        column("received_by", WORDS),
        column("object", WORDS),
        column("content", sa.LargeBinary()),
        column("attachment", WORDS, nullable=True),
        column("state", WORDS),
        column("case_number", WORDS),
        sa.PrimaryKeyConstraint("number", name="pk_complaint"),
        sa.ForeignKeyConstraint(["attachment"], ["attachment.id"], name="fk_complaint_attachment_attachment"),
    )
    op.create_index("ix_complaint_case_number", "complaint", ["case_number"])
    op.create_index("ix_complaint_object", "complaint", ["object"])
    op.create_index("ix_complaint_state_received", "complaint", ["state", "received"])
    op.create_table(
        "complaint_note",
        column("id", ID, autoincrement=False),
        column("number", WORDS),
        column("time", INSTANT),
        column("by", WORDS),
        column("state", WORDS),
        column("public", sa.Boolean()),
        column("text", WORDS),
        sa.PrimaryKeyConstraint("id", name="pk_complaint_note"),
        sa.ForeignKeyConstraint(["number"], ["complaint.number"], name="fk_complaint_note_number_complaint"),
    )
    op.create_index("ix_complaint_note_number_id", "complaint_note", ["number", "id"])
    op.create_table(
        "complainant",
        column("number", WORDS),
        column("contact", WORDS),
        sa.PrimaryKeyConstraint("number", name="pk_complainant"),
        sa.ForeignKeyConstraint(["number"], ["complaint.number"], name="fk_complainant_number_complaint"),
    )
    op.create_table(
        "access",
        column("id", ID, autoincrement=False),
        column("time", INSTANT),
        column("by", WORDS),
        column("what", WORDS),
        column("purpose", WORDS),
        sa.PrimaryKeyConstraint("id", name="pk_access"),
    )
    op.create_index("ix_access_what_time", "access", ["what", "time"])


def _sight() -> None:
    op.add_column("account", column("disabled", INSTANT, nullable=True))
    op.create_table(
        "concerned",
        column("id", ID, autoincrement=False),
        column("key", WORDS),
        sa.PrimaryKeyConstraint("id", name="pk_concerned"),
        sa.UniqueConstraint("key", name="uq_concerned_key"),
    )
    op.create_table(
        "concern",
        column("concerned_id", ID, autoincrement=False),
        column("event_time", INSTANT),
        column("sequence", ID, autoincrement=False),
        column("record_time", INSTANT),
        sa.PrimaryKeyConstraint("concerned_id", "event_time", "sequence", name="pk_concern"),
        sa.ForeignKeyConstraint(["concerned_id"], ["concerned.id"], name="fk_concern_concerned_id_concerned"),
        sa.ForeignKeyConstraint(["sequence"], ["evidence.sequence"], name="fk_concern_sequence_evidence"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_concern_sequence_concerned_id", "concern", ["sequence", "concerned_id"])
    op.create_index(
        "ix_concern_concerned_id_record_time_sequence", "concern", ["concerned_id", "record_time", "sequence"]
    )
    op.create_table(
        "passed",
        column("concerned_id", ID, autoincrement=False),
        column("by_id", ID, autoincrement=False),
        column("key", WORDS),
        sa.PrimaryKeyConstraint("concerned_id", "by_id", "key", name="pk_passed"),
        sa.ForeignKeyConstraint(["concerned_id"], ["concerned.id"], name="fk_passed_concerned_id_concerned"),
        sa.ForeignKeyConstraint(["by_id"], ["concerned.id"], name="fk_passed_by_id_concerned"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_passed_by_id_key", "passed", ["by_id", "key"])
    op.create_index("ix_passed_key", "passed", ["key"])
    _concerns_of_what_is_there()


# A store of version 0001 may hold evidence: whom it concerns, by the rules of this version. Of the code as it
# is today only gs1 is used: what a key means is the standard's, not ours to change.
MOST_NAMED = 50
EVENTS_AT_ONCE = 1000
EVIDENCE = sa.text(
    "SELECT sequence, party, event_time, record_time, read_point, biz_location, body FROM evidence "
    "WHERE sequence > :after ORDER BY sequence LIMIT :limit"
)
CONCERNED = sa.text("INSERT INTO concerned (id, key) VALUES (:id, :key)")
CONCERN = sa.text(
    "INSERT INTO concern (concerned_id, event_time, sequence, record_time) "
    "VALUES (:who, :time, :number, :known)"
)
PASSED = sa.text(
    "INSERT INTO passed (concerned_id, by_id, key) VALUES (:who, :by, :key) ON CONFLICT DO NOTHING"
)


def _concerns_of_what_is_there() -> None:
    connection, after, ids = op.get_bind(), 0, dict[str, int]()
    while told := connection.execute(EVIDENCE, {"after": after, "limit": EVENTS_AT_ONCE}).all():
        new, concerns = list[dict[str, Any]](), list[dict[str, Any]]()
        passed = dict[tuple[int, int, str], None]()
        for number, party, time, known, read_point, biz_location, body in told:
            event = orjson.loads(bytes(body))
            keys = _concerned(event, party, (biz_location, read_point))
            for key in keys:
                if key not in ids:
                    ids[key] = len(ids) + 1
                    new.append({"id": ids[key], "key": key})
                concerns.append({"who": ids[key], "time": time, "number": number, "known": known})
            by, *others = (ids[key] for key in keys)
            passed.update(((who, by, good), None) for who in others for good in _goods(event))
        rows = [{"who": who, "by": by, "key": key} for who, by, key in passed]
        for statement, values in ((CONCERNED, new), (CONCERN, concerns), (PASSED, rows)):
            if values:
                connection.execute(statement, values)
        after = told[-1].sequence


def _concerned(event: dict[str, Any], party: str, places: Iterable[str | None]) -> list[str]:
    """The capturing party, who hands over and takes over, where it happened and the sites of all of them."""
    ends = [(end.get("type"), end["source"]) for end in event.get("sourceList") or ()]
    ends += [(end.get("type"), end["destination"]) for end in event.get("destinationList") or ()]
    named = [told for kind, told in ends if kind in {"owning_party", "possessing_party", "location"}]
    keys = [_key(told) for told in (party, *named[:MOST_NAMED])]
    keys += [place for place in places if place is not None]
    return list(dict.fromkeys(one for key in keys for one in (key, site(key))))


def _key(party: str) -> str:
    try:
        return canonical_key(party)
    except IdentifierError:
        return party  # a name that is no identifier of ours stands as it was told


def _goods(event: dict[str, Any]) -> set[str]:
    """Products and lots; the empty key stands for the event having told anything."""
    items = [identify(epc) for name in INSTANCES for epc in event.get(name) or ()]
    amounts = [canonical_key(one["epcClass"]) for name in AMOUNTS for one in event.get(name) or ()]
    products = (_product(key) for key in (*(item.key for item in items), *amounts))
    return {"", *amounts, *products, *_lots(event, items)}


INSTANCES = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
AMOUNTS = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
LOT_NUMBER = (":lotNumber", "/lotNumber", "#lotNumber")


def _lots(event: dict[str, Any], items: Iterable[Identifier]) -> Iterator[str]:
    """Lots that instances name in their own link, or that the master data of their making name."""
    parent = event.get("parentID")
    for item in (*items, *([] if parent is None else [identify(parent)])):
        if item.lot_key is not None and item.lot_key != item.key:
            yield item.lot_key
    ilmd: dict[str, Any] = event.get("ilmd") or {}
    names = [name for name in ilmd if name == "lotNumber" or name.endswith(LOT_NUMBER)]
    lot = next((told for told in map(ilmd.__getitem__, names) if isinstance(told, str) and told), "")
    made: Iterable[str] = ()
    if event["type"] == "TransformationEvent":
        made = event.get("outputEPCList") or ()
    elif event["type"] == "ObjectEvent" and event.get("action") == "ADD":
        made = event.get("epcList") or ()
    for item in (identify(epc) for epc in made if lot):
        if item.lot_key is None and (item.gtin is not None or item.own_part("product") is not None):
            try:
                yield piece_of(item, lot=lot).key
            except IdentifierError:
                continue  # a text that is no lot number


def _product(key: str) -> str:
    """The product that a canonical key names in its beginning; nothing where it names none."""
    trade_item, own = "https://id.gs1.org/01/", "/own/product/"
    if key.startswith(trade_item):
        return key[: len(trade_item) + 14]
    namespace, found, rest = key.partition(own)
    return f"{namespace}{own}{rest.partition('/')[0]}" if found else ""


def _refuse_changes() -> None:
    """As in 0001: what was done and who looked stays on record."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in ("complaint_note", "access"):
        if postgresql:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
            continue
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_append_only_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
