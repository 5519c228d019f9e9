"""A capture job as the standard shows it: in JSON, and in XML as the schema's EPCISCaptureJob.

Source: EPCIS 2.0 §12.7.2 and its XML schema. A capture is one transaction, and whoever asks for a job asks
after it: ``running`` is always false. ``success`` true: everything was captured; false: nothing was with
``rollback``, and with ``proceed`` what ``errors`` does not name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from suyuan.api.problems import EPCIS_XML, OWN_XML, as_xml, problem_element, put_text
from suyuan.trace.store.jobs import CaptureError, CaptureJob

_COUNTS = ("captured", "duplicates", "conflicts")


def job_json(job: CaptureJob) -> Mapping[str, Any]:
    """The CaptureJob of the standard, with our counts beside it."""
    return {
        "captureID": job.capture_id,
        "createdAt": job.created_at,
        "finishedAt": job.finished_at,
        "running": job.running,
        "success": job.success,
        "captureErrorBehaviour": job.capture_error_behaviour,
        "errors": [_job_error(error) for error in job.errors],
        **{f"suyuan:{name}": getattr(job, name) for name in _COUNTS},
    }


def job_xml(job: CaptureJob) -> bytes:
    """The same as an EPCISCaptureJob; our counts follow in our namespace, where the schema has room."""
    root = etree.Element(
        f"{{{EPCIS_XML}}}EPCISCaptureJob",
        {
            "running": str(job.running).lower(),
            "success": str(job.success).lower(),
            "captureID": job.capture_id,
        },
        nsmap={"epcis": EPCIS_XML, "suyuan": OWN_XML},
    )
    put_text(root, "captureErrorBehaviour", job.capture_error_behaviour)
    put_text(root, "createdAt", job.created_at.isoformat())
    put_text(root, "finishedAt", job.finished_at.isoformat())
    if job.errors:
        errors = etree.SubElement(root, "errors")
        errors.extend(problem_element("error", _job_error(error)) for error in job.errors)
    for name in _COUNTS:
        put_text(root, f"{{{OWN_XML}}}{name}", getattr(job, name))
    return as_xml(root)


def _job_error(error: CaptureError) -> Mapping[str, Any]:
    """The standard's problem form of what is wrong with one event."""
    return {
        "type": "epcisException:ValidationException",
        "title": "The event is not valid",
        "status": 400,
        "detail": error.detail,
        "code": error.code,
        "where": error.where,
        "remedy": error.remedy,
        "suyuan:event": error.index,
    }
