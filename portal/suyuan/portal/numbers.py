"""Numbers in addresses, for routes: nine digits at most, which every store can look up."""

from __future__ import annotations

from starlette.convertors import IntegerConvertor, register_url_convertor

NUMBER = "nine_digits"
"""What a route calls such a number: ``f"/case/{{index:{NUMBER}}}"``."""


class _NineDigits(IntegerConvertor):
    regex = "[0-9]{1,9}"


register_url_convertor(NUMBER, _NineDigits())
