"""Scopes: what is meant, what it comes to, how two of them differ, and what to hold.

::

    JSON ── read_question ──> Question ── scoped, traced ──> Bounds (minimum and maximum)
                                                               ├── overview, balances
                                                               ├── compare
                                                               └── what_to_hold
    cases ── common_links ──> CommonLinks

Everything is asked through the ``Tracer`` of lineage and a few look-ups (``Records``): any engine serves.
Decision 0022 says what is meant by each answer.
"""

from __future__ import annotations

from suyuan.trace.scope.amounts import balances, overview
from suyuan.trace.scope.answer import (
    Balance,
    Bounds,
    Choice,
    Chosen,
    CommonLinks,
    Comparison,
    Holding,
    Overview,
    Reason,
)
from suyuan.trace.scope.asking import options_of, scoped, traced
from suyuan.trace.scope.choosing import choose
from suyuan.trace.scope.comparison import compare
from suyuan.trace.scope.holding import what_to_hold
from suyuan.trace.scope.links import common_links
from suyuan.trace.scope.problems import QuestionInvalid
from suyuan.trace.scope.reading import read_question
from suyuan.trace.scope.records import Amounts, Deed, Lying, Records, Work
from suyuan.trace.scope.render import answer_json, bounds_json, question_json
from suyuan.trace.scope.selection import Question, Selection, Suppositions

__all__ = [
    "Amounts",
    "Balance",
    "Bounds",
    "Choice",
    "Chosen",
    "CommonLinks",
    "Comparison",
    "Deed",
    "Holding",
    "Lying",
    "Overview",
    "Question",
    "QuestionInvalid",
    "Reason",
    "Records",
    "Selection",
    "Suppositions",
    "Work",
    "answer_json",
    "balances",
    "bounds_json",
    "choose",
    "common_links",
    "compare",
    "options_of",
    "overview",
    "question_json",
    "read_question",
    "scoped",
    "traced",
    "what_to_hold",
]
