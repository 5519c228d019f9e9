"""The bodies of the incident laboratory. Of most answers only the frame is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from suyuan.trace.checks.finding import CHECKS
from suyuan.trace.incident.lags import PATHOGENS
from suyuan.trace.incident.reported import AgeGroup, Standing
from suyuan.trace.incident.reported import Kind as CaseKind
from suyuan.trace.scope.answer import By, Of
from suyuan.trace.store.investigations import AnswerKind, State, What

_TEXT = {"type": "string"}
_MAYBE = {"type": ["string", "null"]}
_NULL = {"type": "null"}
_TIME = {"type": "string", "format": "date-time"}
_LATER = {"type": ["string", "null"], "format": "date-time"}
_DAY = {"type": ["string", "null"], "format": "date"}
_COUNT = {"type": "integer", "minimum": 0}
_OBJECT = {"type": "object"}
_KEYS = {"type": ["array", "null"], "items": {"type": "string"}, "maxItems": 10_000}
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}


def _object(required: Sequence[str], properties: Mapping[str, Any], **more: Any) -> Mapping[str, Any]:
    return {"type": "object", "required": list(required), "properties": dict(properties), **more}


def _closed(required: Sequence[str], properties: Mapping[str, Any], **more: Any) -> Mapping[str, Any]:
    return _object(required, properties, additionalProperties=False, **more)


def _list(of: Mapping[str, Any] | str, **more: Any) -> Mapping[str, Any]:
    items = {"$ref": f"#/components/schemas/{of}"} if isinstance(of, str) else of
    return {"type": "array", "items": items, **more}


def _ref(name: str) -> Mapping[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


_DOUBT = _object(["where", "detail", "remedy"], {"where": _TEXT, "detail": _TEXT, "remedy": _TEXT})
_DOUBTS = _list(_DOUBT)
_WINDOW = {"from_time": _LATER, "to_time": _LATER}
_TITLE = {"type": "object", "properties": {"zh": _MAYBE, "en": _MAYBE}, "additionalProperties": False}
_HEAD = {"title": _TITLE, "suspicion": _MAYBE}
_EATEN = _closed(["case"], {"case": _TEXT, "objects": _KEYS, "places": _KEYS, "products": _KEYS, **_WINDOW})
_SELECTION = {
    "oneOf": [
        _closed(["kind", "keys"], {"kind": {"const": "objects"}, "keys": _KEYS, **_WINDOW}),
        _closed(["kind", "lots"], {"kind": {"const": "lots"}, "lots": _KEYS, **_WINDOW}),
        _closed(
            ["kind", "product"],
            {
                "kind": {"const": "product"},
                "product": _TEXT,
                "dates": {"enum": ["made", "best_before", "expires", None]},
                "first_day": _DAY,
                "last_day": _DAY,
            },
        ),
        _closed(["kind", "place"], {"kind": {"const": "place"}, "place": _TEXT, **_WINDOW}),
        _closed(
            ["kind", "party"],
            {
                "kind": {"const": "supplier"},
                "party": _TEXT,
                "deeds": {"type": ["array", "null"], "items": {"enum": ["made", "shipped"]}},
                **_WINDOW,
            },
        ),
        _closed(
            ["kind", "cases"],
            {
                "kind": {"const": "cases"},
                "cases": _list(_EATEN, minItems=1),
                "least": {"type": ["integer", "null"], "minimum": 1},
                "common": {"enum": ["nearest", "all", None]},
            },
        ),
    ]
}
_OPTIONS = {
    "type": ["object", "null"],
    "properties": {
        "direction": {"enum": ["forward", "backward", None]},
        "known_at": _LATER,
        "depth": {"type": ["integer", "null"], "minimum": 0, "maximum": 1000},
        "what_if": {
            "type": ["object", "null"],
            "properties": {
                "cross_contamination": _list(
                    _closed(
                        ["kind", "key"],
                        {"kind": {"enum": ["place", "line", "container", "tank"]}, "key": _TEXT, **_WINDOW},
                    )
                ),
                "kill": _list(
                    {
                        "oneOf": [
                            _closed(
                                ["kind", "key"],
                                {"kind": {"enum": ["place", "line"]}, "key": _TEXT, **_WINDOW},
                            ),
                            _closed(
                                ["kind", "key"],
                                {"kind": {"const": "event"}, "key": _TEXT, **dict.fromkeys(_WINDOW, _NULL)},
                            ),
                        ]
                    }
                ),
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
_CASE = _closed(
    ["label"],
    {
        "kind": {"enum": list(get_args(CaseKind))},
        "label": {"type": "string", "pattern": "^[A-Za-z]{0,4}-?[0-9]{1,8}$"},
        "standing": {"enum": list(get_args(Standing))},
        "age_group": {"enum": list(get_args(AgeGroup))},
        "onset": _DAY,
        "from_day": _DAY,
        "to_day": _DAY,
        "places": _list(_TEXT, maxItems=100),
        "goods": _list(_TEXT, maxItems=100),
        "power": _SHARE,
    },
)
_LAG = _closed(["median", "dispersion"], {"median": {"type": "number"}, "dispersion": {"type": "number"}})
_ASSUMED = _closed(
    [],
    {
        "pathogen": {"enum": list(PATHOGENS)},
        "incubation": _LAG,
        "consumption": _LAG,
        "unrelated": _list({"type": "number"}, minItems=1, maxItems=50),
        "longest_run_days": {"type": "integer", "minimum": 1, "maximum": 150},
        "complete": {"type": "boolean"},
        "carry_over": {"type": "number"},
        "begins_only": {"type": "boolean"},
    },
)
_SCORES = {"type": "object", "additionalProperties": {"type": "object"}}
_ENTRY = _object(
    ["number", "time", "by", "what", "content"],
    {
        "number": _COUNT,
        "time": _TIME,
        "by": _TEXT,
        "what": {"enum": list(get_args(What))},
        "content": _OBJECT,
    },
)
_KEPT = {
    "number": _COUNT,
    "kind": {"enum": list(get_args(AnswerKind))},
    "name": _TEXT,
    "evidence": _COUNT,
    "asked": _TIME,
    "kept_by": _TEXT,
}
_WHOLE = {**_KEPT, "question": _OBJECT, "summary": _OBJECT}
_TOLD = {
    "number": _TEXT,
    "title": _object(["zh", "en"], {"zh": _TEXT, "en": _TEXT}),
    "suspicion": _TEXT,
    "state": {"enum": list(get_args(State))},
    "party": _TEXT,
    "role": _TEXT,
    "opened": _TIME,
    "opened_by": _TEXT,
    "changed": _TIME,
    "case_count": _COUNT,
    "answer_count": _COUNT,
}
_ADDED = _object(
    ["number", "added", "added_by", "case"],
    {"number": _COUNT, "added": _TIME, "added_by": _TEXT, "case": _OBJECT},
)
_KEYED = _object(["key", "kind"], {"key": _TEXT, "kind": _TEXT})
_CHOSEN = {
    "chosen": _list(
        _object(
            ["suspect", "reasons"],
            {
                "suspect": _object(["key"], {"key": _TEXT, **_WINDOW}),
                "reasons": _list(_object(["because", "where"], {"because": _TEXT, "where": _TEXT})),
            },
        )
    ),
    "doubts": _DOUBTS,
}
_BOUNDS = {
    "evidence": _COUNT,
    "question": _ref("Question"),
    "choice": _object([*_CHOSEN], _CHOSEN),
}


def _answer(**members: Any) -> Mapping[str, Any]:
    """An answer with the newest evidence that it knew, and what is doubtful about its question."""
    whole = {"evidence": _COUNT, **members, "doubts": _DOUBTS}
    return _object([*whole], whole)


SCHEMAS: Mapping[str, Any] = {
    "Question": _closed(
        ["selections"], {"selections": _list(_SELECTION, minItems=1, maxItems=10_000), "options": _OPTIONS}
    ),
    "Pair": _closed(["first", "second"], {"first": _ref("Question"), "second": _ref("Question")}),
    "ToHold": _closed(
        ["question"],
        {
            "question": _ref("Question"),
            "sinks": _KEYS,
            "of": {"enum": [*get_args(Of), None]},
            "by": {"enum": [*get_args(By), None]},
            "values": {
                "type": ["object", "null"],
                "additionalProperties": {"type": "number", "minimum": 0},
            },
        },
    ),
    "Linked": _closed(["cases"], {"cases": _list(_EATEN, minItems=1), "sources": _KEYS, "options": _OPTIONS}),
    "SharedSources": _closed(
        ["objects"],
        {
            "objects": _list(_TEXT, minItems=1, maxItems=10_000),
            "least": {"type": ["integer", "null"], "minimum": 1},
            "common": {"enum": ["nearest", "all", None]},
            "options": _OPTIONS,
        },
    ),
    "Ranking": _closed(
        [],
        {
            "cases": _list(_CASE),
            "investigation": _TEXT,
            "assumptions": _ASSUMED,
            "since_days": {"type": "integer", "minimum": 1, "maximum": 3650},
            "most": {"type": "integer", "minimum": 1, "maximum": 50},
        },
        oneOf=[{"required": ["cases"]}, {"required": ["investigation"]}],
    ),
    "ChecksWanted": _closed(
        [],
        {
            "since": _LATER,
            "party": _MAYBE,
            "checks": {"type": ["array", "null"], "minItems": 1, "items": {"enum": list(CHECKS)}},
        },
    ),
    "Findings": _object(
        ["evidence", "withheld", "doubts", "findings", "tallies", "records", "balances"],
        {
            "evidence": _COUNT,
            "doubts": _DOUBTS,
            "withheld": {"type": ["integer", "null"]},
            **{name: _list(_OBJECT) for name in ("findings", "tallies", "records", "balances")},
        },
    ),
    "Network": _object(["deliveries"], {"deliveries": _list(_OBJECT), "stations": _list(_OBJECT)}),
    "IncidentAnswer": _OBJECT,
    "TraceBounds": _object(
        [*_BOUNDS, "minimum", "maximum"], {**_BOUNDS, "minimum": _ref("Trace"), "maximum": _ref("Trace")}
    ),
    "ScopeBounds": _object(
        [*_BOUNDS, "overview", "minimum", "maximum"],
        {
            **_BOUNDS,
            "overview": _object(
                ["totals", "places", "parties"],
                {name: _list(_OBJECT) for name in ("totals", "places", "parties")},
            ),
            "minimum": _ref("Scope"),
            "maximum": _ref("Scope"),
        },
    ),
    "Compared": _answer(
        lines=_list(_object(["place", "party", "status", "uom", "known", "first", "second"], {})),
        keys=_list(_object(["key", "kind", "first", "second", "edges", "supposed"], {})),
    ),
    "Held": _answer(
        of={"enum": list(get_args(Of))},
        by={"enum": list(get_args(By))},
        stopped=_list({**_KEYED, "required": ["key", "kind", "cost"]}),
        value={"type": "number", "minimum": 0},
        proof={"type": "number", "minimum": 0},
        sinks=_list(_TEXT),
        past=_list(_object(["sink", "keys"], {"sink": _TEXT, "keys": _list(_TEXT)})),
        on_the_way=_list(_TEXT),
        gone=_list(_OBJECT),
    ),
    "Links": _answer(
        sources=_list(_TEXT),
        cases=_list(_TEXT),
        links=_list(
            _object(["key", "kind", "from_time"], {"key": _TEXT, "kind": _TEXT, "from_time": _LATER})
        ),
        shared=_list(_TEXT),
        unreached=_list(_TEXT),
    ),
    "Chosen": _answer(chosen=_CHOSEN["chosen"]),
    "File": {},
    "Sources": _object(
        ["evidence", "sources", "rest", "unexplained", "posterior", "used", "unused", "doubts"],
        {
            "evidence": _COUNT,
            "sources": _list(_object(["place", "posterior", "ways"], {"place": _TEXT, "posterior": _SHARE})),
            "rest": _SHARE,
            "unexplained": _SHARE,
            "posterior": _OBJECT,
            "used": _list(_TEXT),
            "unused": _list(_object(["case", *_DOUBT["required"]], {"case": _TEXT, **_DOUBT["properties"]})),
            "doubts": _DOUBTS,
            "silent": {"type": ["number", "null"]},
            "withheld": _COUNT,
        },
    ),
    "Scores": _object(
        ["dialect", "stations", "deliveries", "cycles", "returning", "undated", "doubts"],
        {
            "dialect": {"enum": ["desktop", "web", "exact"]},
            "stations": _SCORES,
            "deliveries": _SCORES,
            "lots": _SCORES,
            "cycles": _list(_list(_TEXT)),
            "returning": _list(_TEXT),
            "undated": _list(_TEXT),
            "doubts": _DOUBTS,
        },
    ),
    "Job": _object(
        ["job", "question", "state", "progress", "begun", "answer"],
        {
            "job": _TEXT,
            "question": _TEXT,
            "state": {"enum": ["waiting", "running", "done", "failed", "cancelled"]},
            "progress": {"type": "integer", "minimum": 0, "maximum": 100},
            "step": _TEXT,
            "begun": _TIME,
            "finished": _LATER,
            "answer": _MAYBE,
            "problem": {"type": ["object", "null"]},
        },
    ),
    "NewInvestigation": _closed(["title"], {**_HEAD, "title": _TITLE}),
    "ChangedInvestigation": _closed([], {**_HEAD, "state": {"enum": [*get_args(State), None]}}),
    "Investigation": _object(
        [*_TOLD, "may_change", "cases", "answers", "history"],
        {
            **_TOLD,
            "may_change": {"type": "boolean"},
            "cases": _list(_ADDED),
            "answers": _list(_object([*_KEPT], _KEPT)),
            "history": _list(_ENTRY),
        },
    ),
    "Investigations": _object(["investigations"], {"investigations": _list(_object([*_TOLD], _TOLD))}),
    "NewCases": {"oneOf": [_CASE, _list(_CASE, maxItems=10_000)]},
    "Cases": _object(["cases"], {"cases": _list(_ADDED)}),
    "Numbers": _object(["numbers"], {"numbers": _list(_COUNT)}),
    "NewAnswer": _closed(
        ["kind", "name", "question", "summary"],
        {
            "kind": {"enum": list(get_args(AnswerKind))},
            "name": {"type": "string", "minLength": 1, "maxLength": 200},
            "question": _OBJECT,
            "summary": _OBJECT,
            "evidence": {"type": ["integer", "null"], "minimum": 0},
        },
    ),
    "KeptAnswer": _object([*_WHOLE], _WHOLE),
    "KeptAnswers": _object(["answers"], {"answers": _list(_object([*_KEPT], _KEPT))}),
    "Note": _closed(["text"], {"text": {"type": "string", "minLength": 1, "maxLength": 4000}}),
    "History": _object(["history"], {"history": _list(_ENTRY)}),
}
