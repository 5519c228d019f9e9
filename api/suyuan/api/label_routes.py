"""Where phones and stations that write tags fetch what belongs on them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from suyuan.api.labelling import DATES, LabelDesk
from suyuan.api.security import allow
from suyuan.portal.doors import viewer_of
from suyuan.portal.services import Principal
from suyuan.trace.register.labels import Job

router = APIRouter(prefix="/api/labels", tags=["labels"])
_MOST_LISTED = 20


@router.get("")
def read_label_jobs(
    request: Request, _: Annotated[Principal, Depends(allow("station", "company"))]
) -> dict[str, Any]:
    """The newest label jobs of whoever asks, so that a station need not be told their numbers."""
    desk: LabelDesk = request.app.state.labels
    return {"jobs": [_job_told(one) for one in desk.jobs(viewer_of(request))[:_MOST_LISTED]]}


@router.get("/{job}")
def read_labels(
    request: Request, job: str, _: Annotated[Principal, Depends(allow("station", "company"))]
) -> dict[str, Any]:
    """What belongs on the tags of a job, in order: for stations and phones that write them."""
    desk: LabelDesk = request.app.state.labels
    found, tags = desk.job(viewer_of(request), job)
    return {
        **_job_told(found),
        "labels": [
            {
                "position": one.position,
                "key": one.key,
                "link": one.link,
                **({"epc": one.epc} if one.epc else {}),
            }
            for one in tags
        ],
    }


def _job_told(job: Job) -> dict[str, Any]:
    """A job without its labels; ``about`` is what stands on them beside their codes."""
    about = ("name_zh", "name_en", "lot", "lot_name", *DATES)
    return {
        "job": job.id,
        "subject": job.subject,
        "carrier": job.carrier,
        "count": job.count,
        "created": job.created.isoformat(),
        "about": {name: str(job.content[name]) for name in about if job.content.get(name)},
    }
