"""Exports of traces, scopes, kept answers and investigations, as files to take along."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from suyuan.api.house import House
from suyuan.api.incident.answer_routes import AnyHouse, Desk, Investigator, Told, Who
from suyuan.api.incident.answering import answered
from suyuan.api.incident.desk import InvestigationDesk
from suyuan.api.incident.exports.casebook import Book, Shelf, book_of
from suyuan.api.incident.exports.making import Format, Wanted, exported
from suyuan.api.incident.exports.sheets import Table
from suyuan.api.incident.exports.subject import Subject
from suyuan.api.incident.jobs import Made, Progress
from suyuan.api.incident.reading import read_json_text
from suyuan.portal.language import Language, Speech, negotiate
from suyuan.trace.errors import InvalidInput
from suyuan.trace.lineage import Scope, Trace
from suyuan.trace.scope.answer import Bounds
from suyuan.trace.scope.reading import read_question
from suyuan.trace.scope.selection import Question
from suyuan.trace.store.sight import Viewer

router = APIRouter(tags=["Incidents"])


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for an export, of what, and in which language."""

    viewer: Viewer
    house: House
    desk: InvestigationDesk
    speech: Speech


Number = Annotated[str, Path(max_length=40)]
Place = Annotated[int, Path(ge=1, le=1_000_000)]


def spoken(request: Request, house: AnyHouse, lang: Annotated[Language | None, Query()] = None) -> Speech:
    """The language of headings: as asked for, else English for programs, which seldom say."""
    accepted = request.headers.get("accept-language", "").strip()
    language = lang or ("en" if accepted in ("", "*") else negotiate(None, accepted))
    return Speech(language, house.zone)


Spoken = Annotated[Speech, Depends(spoken)]


def _wanted(
    form: Annotated[Format, Query(alias="format")],
    table: Annotated[Table | None, Query()] = None,
    title: Annotated[str, Query(max_length=200)] = "",
) -> Wanted:
    return Wanted(form, table, title)


def _asker(_by: Investigator, viewer: Who, house: AnyHouse, desk: Desk, speech: Spoken) -> Asker:
    return Asker(viewer, house, desk, speech)


def _question(question: Annotated[str, Query(max_length=30_000)]) -> Question:
    """A question as JSON in the address."""
    return read_question(read_json_text(question.encode(errors="replace")))


File = Annotated[Wanted, Depends(_wanted)]
Asks = Annotated[Asker, Depends(_asker)]
InAddress = Annotated[Question, Depends(_question)]


@router.get("/trace/export")
def export_trace(request: Request, asker: Asks, question: InAddress, file: File) -> Response:
    """A trace as a file; the question is JSON in the address."""
    return _export(request, asker, question, file, is_scope=False)


@router.get("/scope/export")
def export_scope(request: Request, asker: Asks, question: InAddress, file: File) -> Response:
    """A scope as a file; the question is JSON in the address."""
    return _export(request, asker, question, file, is_scope=True)


@router.post("/trace/export")
def post_trace_export(request: Request, asker: Asks, file: File, told: Told) -> Response:
    """A trace as a file."""
    return _export(request, asker, read_question(told), file, is_scope=False)


@router.post("/scope/export")
def post_scope_export(request: Request, asker: Asks, file: File, told: Told) -> Response:
    """A scope as a file."""
    return _export(request, asker, read_question(told), file, is_scope=True)


@router.get("/investigations/{number}/export")
def export_investigation(
    request: Request, asker: Asks, number: Number, form: Annotated[Book, Query(alias="format")]
) -> Response:
    """Everything that is in an investigation."""
    desk, viewer = asker.desk, asker.viewer
    desk.investigation(number, viewer)  # 404 at once

    def work(_: Progress) -> Made:
        whole = Shelf(
            desk.room(number, viewer), desk.whole_answers(number, viewer), desk.steps(number, viewer)
        )
        return book_of(whole, form, asker.speech, desk.now())

    return answered(request, viewer, work)


@router.get("/investigations/{number}/answers/{answer}/export")
def export_kept_answer(
    request: Request,
    asker: Asks,
    number: Number,
    answer: Place,
    file: File,
    as_now: Annotated[bool, Query()] = False,
) -> Response:
    """A kept scope or trace as a file: as it was known when it was kept, or as of now."""
    kept = asker.desk.kept_answer(number, asker.viewer, answer)
    if kept.kind not in ("scope", "trace"):
        raise InvalidInput(
            "The answer {number} is no scope and no trace",
            where="answer",
            number=answer,
            remedy="What it came to is in the answer itself.",
        )
    question = read_question(kept.question)
    if not as_now and question.options.known_at is None:
        question = replace(question, options=replace(question.options, known_at=kept.asked))
    file = replace(file, title=file.title or kept.name)
    return _export(request, asker, question, file, is_scope=kept.kind == "scope")


def _export(request: Request, asker: Asker, question: Question, file: Wanted, *, is_scope: bool) -> Response:
    desk, viewer = asker.desk, asker.viewer

    def work(progress: Progress) -> Made:
        bounds: Bounds[Scope] | Bounds[Trace]
        with asker.house.settled() as evidence:
            bounds = (desk.scoped if is_scope else desk.traced)(viewer, question, progress)
        progress.at(0.5, "write")
        found = bounds.maximum
        trace, lines = (found.trace, found.lines) if isinstance(found, Scope) else (found, None)
        subject = Subject(
            trace, lines, question, evidence, desk.now(), viewer.name, desk, asker.speech, file.title
        )
        return exported(subject, file)

    return answered(request, viewer, work)
