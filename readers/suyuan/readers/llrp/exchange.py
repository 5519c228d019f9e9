"""Requests to one LLRP reader and their answers."""

from __future__ import annotations

import asyncio

from suyuan.readers.errors import (
    ProtocolError,
    ReaderError,
    RequestRefused,
    TransientConnectionError,
)
from suyuan.readers.llrp.codec import Message
from suyuan.readers.llrp.connection import Connection

CUSTOM = "CUSTOM_MESSAGE"


class Exchange:
    """One connection over which requests go out and answers come back, in whatever order.

    Whoever reads the connection hands in what comes with :meth:`answered`, and tells of its end with
    :meth:`give_up`, so that nobody waits for an answer that cannot come. ``version`` is that of the messages.
    """

    def __init__(self, name: str, connection: Connection, timeout_s: float) -> None:
        self.version = 1
        self.timeout_s = timeout_s
        self._name = name
        self._connection = connection
        self._error: ReaderError | None = None
        self._pending: dict[int, asyncio.Future[Message]] = {}
        self._last_id = 0

    def next_id(self) -> int:
        """A number that no message of ours has yet."""
        self._last_id += 1
        return self._last_id

    async def say(self, name: str, number: int | None = None, **fields: int) -> int:
        """Send a message whose answer, if it has one, nobody waits for; its number."""
        number = self.next_id() if number is None else number
        await self._connection.send(Message(name, number, fields, version=self.version))
        return number

    async def ask(self, request: Message) -> Message:
        """Send a request and wait for its answer.

        Raises:
            RequestRefused: the reader will not.
            ProtocolError: it answers something else.
            TransientConnectionError: no answer came in time, or the connection is gone.
        """
        if self._error is not None:
            raise self._error
        number = self.next_id()
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        try:
            async with asyncio.timeout(self.timeout_s):
                await self._connection.send(
                    Message(request.name, number, request.fields, request.children, self.version)
                )
                response = await answer
        except TimeoutError as error:
            raise silent(self._name, self.timeout_s) from error
        finally:
            self._pending.pop(number, None)
        self._check(request.name, response)
        return response

    def answered(self, message: Message) -> bool:
        """Hand in a message; whether somebody waited for it."""
        waiting = self._pending.get(message.id)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(message)
        return True

    def give_up(self, error: ReaderError) -> None:
        """The connection is dead: whoever waits, and whoever asks from now on, learns why."""
        self._error = error
        for waiting in self._pending.values():
            if not waiting.done():
                waiting.set_exception(error)
                waiting.exception()  # seen: who asked may have learnt it in sending, and wait no more

    def _check(self, request: str, response: Message) -> None:
        if request == CUSTOM == response.name:
            return  # what a vendor answers, who asked will read
        status = response.find("LLRPStatus")
        if status is None or response.name not in {f"{request}_RESPONSE", "ERROR_MESSAGE"}:
            raise ProtocolError(
                "The reader answered {request} with {name}.", request=request, name=response.name
            )
        if status.fields["StatusCode"] or response.name == "ERROR_MESSAGE":
            raise RequestRefused(
                "The reader {reader} refused {request} with status {status}: {reason}",
                where=self._name,
                reader=self._name,
                request=request,
                status=status.fields["StatusCode"],
                reason=ascii(status.fields["ErrorDescription"]),
            )


def silent(name: str, seconds: float) -> TransientConnectionError:
    """The error for a reader that does not answer."""
    return TransientConnectionError(
        "Nothing was heard from {reader} for {seconds} s.", where=name, reader=name, seconds=seconds
    )
