"""The tables of what people enter and own: the register, documents of lots, devices, labels, complaints.

None of them is evidence: what counts for lineage and for the shopper is told in events, master data and
decisions. These rows say who may speak, for what, with which device, and who asked what.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from suyuan.trace.store.columns import Id, Json
from suyuan.trace.store.tables import Base


class EntryRow(Base):
    """An entry of the register: a party, place, product, recipe or lot that somebody answers for.

    What is told of it stands in ``vocabulary``; here is who owns it, what it is, and whether it counts. From
    ``code`` on the columns repeat what its owner told last, for joins and lists.
    """

    __tablename__ = "entry"

    key: Mapped[str] = mapped_column(primary_key=True)  # canonical key
    kind: Mapped[str]  # party | place | read_point | product | recipe | lot
    owner: Mapped[str]  # key of the party that answers for it
    state: Mapped[str]  # pending | approved | refused | withdrawn
    created: Mapped[datetime]
    created_by: Mapped[str]  # account
    decided: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    note: Mapped[str]
    code: Mapped[str]  # the owner's own code of it; empty where none
    search: Mapped[str]  # key, codes and names, case-folded
    party: Mapped[str]  # whose it is: who runs a place, who makes a product; of a party itself
    place: Mapped[str]  # of a read point, the key of its place
    stage: Mapped[str]  # of a place and of its read points
    district: Mapped[str]  # six digits of GB/T 2260; of a party, a place and its read points

    __table_args__ = (
        Index(None, "kind", "owner", "key"),
        Index(None, "state", "kind"),
        Index(
            None,
            "owner",
            "kind",
            "code",
            unique=True,
            sqlite_where=text("code != ''"),
            postgresql_where=text("code != ''"),
        ),
        Index(None, "code"),
        Index(None, "party", "kind"),
        Index(None, "place"),
        Index(None, "stage", "district"),
    )


class AliasRow(Base):
    """A second name of an entry: a GS1 code that came later, an old code of the producer's own."""

    __tablename__ = "alias"

    alias: Mapped[str] = mapped_column(primary_key=True)  # canonical key
    key: Mapped[str] = mapped_column(ForeignKey("entry.key"))
    created: Mapped[datetime]
    created_by: Mapped[str]

    __table_args__ = (Index(None, "key"),)


class ConcernedRow(Base):
    """A party or place that events name, with a dense private id (:mod:`suyuan.trace.store.concerns`)."""

    __tablename__ = "concerned"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(unique=True)  # canonical key


class ConcernRow(Base):
    """An event concerns a party or place: it captured the event, hands over or takes over, or it is there."""

    __tablename__ = "concern"

    concerned_id: Mapped[int] = mapped_column(
        Id, ForeignKey("concerned.id"), primary_key=True, autoincrement=False
    )
    event_time: Mapped[datetime] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(
        Id, ForeignKey("evidence.sequence"), primary_key=True, autoincrement=False
    )
    record_time: Mapped[datetime]

    __table_args__ = (
        Index(None, "sequence", "concerned_id"),
        Index(None, "concerned_id", "record_time", "sequence"),
        {"sqlite_with_rowid": False},
    )


class PassedRow(Base):
    """An event of ``by_id`` that concerns ``concerned_id`` told of a product or lot; empty key: of any."""

    __tablename__ = "passed"

    concerned_id: Mapped[int] = mapped_column(
        Id, ForeignKey("concerned.id"), primary_key=True, autoincrement=False
    )
    by_id: Mapped[int] = mapped_column(Id, ForeignKey("concerned.id"), primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(primary_key=True)

    __table_args__ = (Index(None, "by_id", "key"), Index(None, "key"), {"sqlite_with_rowid": False})


class AttachmentRow(Base):
    """A file that somebody handed in, kept once per owner. Hostile: never shown inline as what it claims."""

    __tablename__ = "attachment"

    id: Mapped[str] = mapped_column(primary_key=True)  # 128 random bits: who has the id was given it
    owner: Mapped[str]
    sha256: Mapped[bytes]
    media_type: Mapped[str]  # as found by looking at the content
    name: Mapped[str]
    content: Mapped[bytes]
    size: Mapped[int] = mapped_column(Id)
    received: Mapped[datetime]

    __table_args__ = (Index(None, "owner", "sha256", unique=True),)


class UploadRow(Base):
    """A table that somebody sent and has not yet confirmed: it waits an hour, for its account alone."""

    __tablename__ = "upload"

    id: Mapped[str] = mapped_column(primary_key=True)  # SHA-256 of account, kind and content
    account: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    content: Mapped[bytes]
    expires: Mapped[datetime]

    __table_args__ = (Index(None, "account", "expires"),)


class SentFormRow(Base):
    """A form that somebody sent (:mod:`suyuan.trace.store.sent`); no ``answer`` until it took effect."""

    __tablename__ = "sent_form"

    account: Mapped[str] = mapped_column(primary_key=True)
    form: Mapped[str] = mapped_column(primary_key=True)  # the random name that its page gave it
    sent: Mapped[datetime]
    answer: Mapped[str | None]

    __table_args__ = (Index(None, "sent"),)


class LotDocumentRow(Base):
    """A certificate that belongs to a lot, with its number and its last day."""

    __tablename__ = "lot_document"

    id: Mapped[str] = mapped_column(primary_key=True)
    lot: Mapped[str]  # canonical key of the lot
    owner: Mapped[str]
    kind: Mapped[str]
    number: Mapped[str]
    issuer: Mapped[str]
    issued: Mapped[str]  # local dates, YYYY-MM-DD; empty where none is given
    expires: Mapped[str]
    attachment: Mapped[str | None] = mapped_column(ForeignKey("attachment.id"))
    created: Mapped[datetime]
    created_by: Mapped[str]
    withdrawn: Mapped[datetime | None]

    __table_args__ = (Index(None, "lot"), Index(None, "owner", "expires"))


class AllocationRow(Base):
    """The next number of a series that the platform gives out: numbers are never given twice."""

    __tablename__ = "allocation"

    series: Mapped[str] = mapped_column(primary_key=True)
    next: Mapped[int] = mapped_column(Id)


class LabelRow(Base):
    """An identity given out for a label. It is nobody's item until a station commissions it."""

    __tablename__ = "label"

    key: Mapped[str] = mapped_column(primary_key=True)  # canonical key of the item or unit
    job: Mapped[str] = mapped_column(ForeignKey("label_job.id"))
    position: Mapped[int]  # on the sheets of its job, from 0

    __table_args__ = (Index(None, "job", "position", unique=True),)


class LabelJobRow(Base):
    """Labels made together: for which lot, in what form, by whom."""

    __tablename__ = "label_job"

    id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    subject: Mapped[str]  # canonical key of the product or lot; empty for logistic units
    carrier: Mapped[str]  # sheet | nfc | uhf
    count: Mapped[int]
    content: Mapped[Any] = mapped_column(Json)  # what is printed beside the symbol
    created: Mapped[datetime]
    created_by: Mapped[str]

    __table_args__ = (Index(None, "owner", "created"),)


class DeviceRow(Base):
    """A station or a phone with a key of its own, made on it. The public half is here, as a JWK."""

    __tablename__ = "device"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # station | phone
    name: Mapped[str]
    party: Mapped[str]
    place: Mapped[str]  # canonical key of where it works; empty where it moves about
    public_key: Mapped[Any] = mapped_column(Json)
    thumbprint: Mapped[str] = mapped_column(unique=True)  # RFC 7638
    enrolled: Mapped[datetime]
    enrolled_by: Mapped[str]  # the account that made the code
    revoked: Mapped[datetime | None]
    revoked_by: Mapped[str | None]
    last_seen: Mapped[datetime | None]
    last_boot: Mapped[str]  # the run of its program that asked last
    boot_since: Mapped[datetime | None]
    boots: Mapped[Any] = mapped_column(Json)  # earlier runs, the newest first
    clock_offset: Mapped[int | None]  # seconds that its clock was ahead
    doubled: Mapped[datetime | None]  # when two machines were first seen to use the key
    block_list_sequence: Mapped[int]  # the newest list that it said it has
    block_list_time: Mapped[datetime | None]

    __table_args__ = (Index(None, "party", "name"),)


class EnrolmentRow(Base):
    """A one-time code that lets one device in; only the SHA-256 of the code is kept."""

    __tablename__ = "enrolment"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[str]
    party: Mapped[str]
    place: Mapped[str]
    created: Mapped[datetime]
    created_by: Mapped[str]
    expires: Mapped[datetime]
    used: Mapped[datetime | None]
    device: Mapped[str | None] = mapped_column(ForeignKey("device.id"))

    __table_args__ = (Index(None, "party", "created"),)


class ComplaintRow(Base):
    """Something that was reported: by a shopper, an officer or a laboratory.

    Who reported it stands in ``complainant`` alone, so that no list, export or trace can show it by mistake.
    """

    __tablename__ = "complaint"

    number: Mapped[str] = mapped_column(primary_key=True)  # unguessable: it is also what follows it
    channel: Mapped[str]  # shopper | officer | laboratory
    received: Mapped[datetime]
    received_by: Mapped[str]  # account; empty for a shopper
    object: Mapped[str]  # canonical key; empty where the thing is not known
    content: Mapped[Any] = mapped_column(Json)  # product, shop, dates, what happened, results
    attachment: Mapped[str | None] = mapped_column(ForeignKey("attachment.id"))
    state: Mapped[str]
    case_number: Mapped[str]  # the case it became part of; empty where none

    __table_args__ = (Index(None, "state", "received"), Index(None, "object"), Index(None, "case_number"))


class ComplaintNoteRow(Base):
    """What was done about a complaint; ``public`` notes are read by whoever has the number."""

    __tablename__ = "complaint_note"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    number: Mapped[str] = mapped_column(ForeignKey("complaint.number"))
    time: Mapped[datetime]
    by: Mapped[str]
    state: Mapped[str]
    public: Mapped[bool]
    text: Mapped[str]

    __table_args__ = (Index(None, "number", "id"),)


class ComplainantRow(Base):
    """How to reach who complained: sensitive, shown to the handling officer only, and each look is logged."""

    __tablename__ = "complainant"

    number: Mapped[str] = mapped_column(ForeignKey("complaint.number"), primary_key=True)
    contact: Mapped[str]


class AccessRow(Base):
    """Who looked at what sensitive record, when and for what."""

    __tablename__ = "access"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    time: Mapped[datetime]
    by: Mapped[str]
    what: Mapped[str]
    purpose: Mapped[str]

    __table_args__ = (Index(None, "what", "time"),)


class NamedQueryRow(Base):
    """A query that a party gave a name; other parties may use the same name for theirs."""

    __tablename__ = "named_query"

    party: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    query: Mapped[Any] = mapped_column(Json)  # as it was given
    created: Mapped[datetime]
    created_by: Mapped[str]  # account


class SubscriptionRow(Base):
    """Where the events of a query are sent as they come, and how far they have been.

    The receiver's secret stands here as it was given: it signs, so a hash would not do.
    """

    __tablename__ = "subscription"

    id: Mapped[str] = mapped_column(primary_key=True)
    party: Mapped[str]
    query_name: Mapped[str | None]  # None: SimpleEventQuery itself
    account: Mapped[str]  # whose sight applies, as it is when the query runs
    dest: Mapped[str]
    signature_token: Mapped[str | None]
    schedule: Mapped[Any] = mapped_column(Json, nullable=True)  # None: a stream
    report_if_empty: Mapped[bool]
    epc_format: Mapped[str]
    initial_record_time: Mapped[datetime]
    created: Mapped[datetime]
    newest_then: Mapped[int] = mapped_column(
        Id
    )  # sequence of evidence; what is newer is due whatever the clock
    delivered: Mapped[int] = mapped_column(Id)  # everything up to this sequence is done with
    min_record_time: Mapped[datetime]  # of its last run
    last_notified: Mapped[datetime | None]
    batch: Mapped[int]  # most events in one message; a receiver's 413 halves it
    failing_since: Mapped[datetime | None]
    suspended: Mapped[datetime | None]
    reason: Mapped[str]  # of failing or being suspended, in words
    name: Mapped[str | None]  # that whoever subscribed gave it; None: its id
    params: Mapped[Any] = mapped_column(Json, nullable=True)  # beside those of the query
    form: Mapped[str]  # of messages: JSON, XML 2.0, XML 1.2

    __table_args__ = (
        UniqueConstraint("party", "name", name="uq_subscription_party_name"),
        ForeignKeyConstraint(["party", "query_name"], ["named_query.party", "named_query.name"]),
        Index(None, "party", "query_name", "id"),
    )


class InvestigationRow(Base):
    """An incident being looked into, by an authority or a company; ``role`` is that of who opened it."""

    __tablename__ = "investigation"

    number: Mapped[str] = mapped_column(primary_key=True)  # I2026-0001
    party: Mapped[str]
    role: Mapped[str]  # regulator | company | administrator
    title: Mapped[Any] = mapped_column(Json)  # zh, en
    suspicion: Mapped[str]  # a pathogen of suyuan.trace.incident.lags, or other words
    state: Mapped[str]  # open | closed
    opened: Mapped[datetime]
    opened_by: Mapped[str]
    changed: Mapped[datetime]

    __table_args__ = (Index(None, "party", "role", "opened", "number"),)


class OutbreakCaseRow(Base):
    """Someone who fell ill or stayed well, or a sample that was tested; nobody's name stands here."""

    __tablename__ = "outbreak_case"

    investigation: Mapped[str] = mapped_column(ForeignKey("investigation.number"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # from 1
    label: Mapped[str]  # what the investigator calls it: letters and digits
    told: Mapped[Any] = mapped_column(Json)  # suyuan.trace.incident.reported
    added: Mapped[datetime]
    added_by: Mapped[str]
    removed: Mapped[datetime | None]


class KeptAnswerRow(Base):
    """An answer that was kept: what was asked, of which evidence, and what came of it."""

    __tablename__ = "kept_answer"

    investigation: Mapped[str] = mapped_column(ForeignKey("investigation.number"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]  # scope | comparison | cut | common | ranking | score
    name: Mapped[str]
    question: Mapped[Any] = mapped_column(Json)
    evidence: Mapped[int] = mapped_column(Id)  # sequence number of the newest that the answer knew
    asked: Mapped[datetime]
    summary: Mapped[Any] = mapped_column(Json)
    kept_by: Mapped[str]
    removed: Mapped[datetime | None]


class InvestigationEntryRow(Base):
    """Who did what in an investigation, and its notes. Append-only."""

    __tablename__ = "investigation_entry"

    investigation: Mapped[str] = mapped_column(ForeignKey("investigation.number"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    time: Mapped[datetime]
    by: Mapped[str]
    what: Mapped[str]
    content: Mapped[Any] = mapped_column(Json)
