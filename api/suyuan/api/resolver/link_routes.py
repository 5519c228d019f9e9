"""``/api/links``: the links that the resolver has for a code, as programs of producers give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from suyuan.api.resolver.entity_tags import entity_tag
from suyuan.api.resolver.link_desk import LinkDesk, tag_of
from suyuan.api.resolver.link_tables import LinkTables
from suyuan.api.security import allow, viewer_of
from suyuan.portal.link_tables import table_of
from suyuan.portal.services import Principal
from suyuan.trace.gs1 import Identifier, scanned
from suyuan.trace.resolver import Link, Role, short_name
from suyuan.trace.store.links import MOST_LINKS, KeptLink
from suyuan.trace.store.viewer import Viewer

router = APIRouter(tags=["Resolver"])

LONGEST_CODE = 2048
Code = Annotated[
    str,
    Query(max_length=LONGEST_CODE, description="A Digital Link, element string, EPC or own identifier."),
]
Who = Annotated[Viewer, Depends(viewer_of)]
Company = Annotated[Principal, Depends(allow("company"))]


class LinkTold(BaseModel):
    """One link, its members named as in a linkset; ``role`` says whether it answers who asks for none."""

    model_config = ConfigDict(extra="forbid")

    linkType: str = Field(max_length=300)  # noqa: N815 (the standard's name)
    href: str = Field(max_length=4000)
    title: str = Field(max_length=1000)
    hreflang: list[str] = Field(default=[], max_length=100)
    type: str = Field(default="", max_length=300)
    context: list[str] = Field(default=[], max_length=100)
    fwqs: bool = True
    role: Literal["", "default", "choice"] = ""

    def link(self) -> Link:
        """The link as the resolver knows it, unchecked."""
        return Link(
            self.linkType,
            self.href,
            self.title,
            tuple(self.hreflang),
            self.type,
            tuple(self.context),
            self.fwqs,
            Role(self.role),
        )


class LinksTold(BaseModel):
    """All links of a code, in their order."""

    model_config = ConfigDict(extra="forbid")

    links: list[LinkTold] = Field(max_length=MOST_LINKS)


def desk_of(request: Request) -> LinkDesk:
    """The links of this application."""
    desk: LinkDesk = request.app.state.links
    return desk


def tables_of(request: Request) -> LinkTables:
    """The tables of links of this application."""
    tables: LinkTables = request.app.state.link_tables
    return tables


Desk = Annotated[LinkDesk, Depends(desk_of)]
Tables = Annotated[LinkTables, Depends(tables_of)]
Trial = Annotated[bool, Query(description="Only say what would be done.")]
IfMatch = Annotated[
    str,
    Header(alias="If-Match", max_length=1000, description="The ETag of what was read: 412 if it changed."),
]


@router.get("/api/links")
def read_links(_by: Company, viewer: Who, desk: Desk, code: Code, response: Response) -> dict[str, Any]:
    """The links of a code, and the latest that were in force before."""
    wanted = scanned(code)
    kept = desk.links(viewer, wanted)
    response.headers["ETag"] = tag_of(kept)
    return _told(wanted, kept)


@router.put("/api/links")
def replace_links(
    _by: Company, viewer: Who, desk: Desk, code: Code, told: LinksTold, if_match: IfMatch = ""
) -> dict[str, Any]:
    """Replace all links of a code; what stays the same keeps its date. Tells only what is in force now."""
    wanted = scanned(code)
    return _told(wanted, desk.replace(viewer, wanted, [one.link() for one in told.links], if_match))


def _told(code: Identifier, kept: Sequence[KeptLink]) -> dict[str, Any]:
    return {
        "code": code.key,
        "links": [_link_told(one) for one in kept if one.ended is None],
        "before": [
            {**_link_told(one), "ended": one.ended.isoformat(), "endedBy": one.ended_by}
            for one in kept
            if one.ended is not None
        ],
    }


def _link_told(kept: KeptLink) -> dict[str, Any]:
    link = kept.link
    return {
        "linkType": short_name(link.link_type),
        "href": link.href,
        "title": link.title,
        "hreflang": list(link.hreflang),
        "type": link.type,
        "context": list(link.context),
        "fwqs": link.fwqs,
        "role": link.role.value,
        "owner": kept.owner,
        "created": kept.created.isoformat(),
        "createdBy": kept.created_by,
    }


@router.get("/api/links/table", response_class=Response)
def read_table(_by: Company, viewer: Who, tables: Tables) -> Response:
    """All links in force that the asker's company gave, as a table (CSV) that can be put back."""
    content = table_of(tables.given(viewer))
    headers = {"Cache-Control": "private, no-store", "ETag": entity_tag(content)}
    return Response(content, headers=headers, media_type="text/csv; charset=utf-8")


@router.put("/api/links/table")
async def put_table(
    request: Request,
    _by: Company,
    viewer: Who,
    tables: Tables,
    trial: Trial = False,
    if_match: IfMatch = "",
) -> dict[str, object]:
    """Let each code of a table have the links of its rows and no others: all rows, or none.

    CSV (UTF-8 or GB 18030) or .xlsx, at most 20 MB and 50,000 rows; codes that are not in it stay as they
    are. What is wrong is told with its rows, as the file counts them from 1.
    """
    content = await request.body()
    tally = await run_sync(tables.tried if trial else tables.record, viewer, content, if_match)
    return {**asdict(tally), "recorded": not trial}
