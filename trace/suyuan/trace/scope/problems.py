"""What is wrong with a question of an investigator."""

from __future__ import annotations

from typing import ClassVar

from suyuan.trace.incident.problems import Faulty


class QuestionInvalid(Faulty):
    """A question that cannot be asked as it is."""

    code: ClassVar[str] = "question-invalid"
    title: ClassVar[str] = "The question is not valid"
