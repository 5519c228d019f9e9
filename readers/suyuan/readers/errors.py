"""What can go wrong with a reader.

::

    SuyuanError
    └── Unavailable
        └── ReaderError                     503  ``retryable`` says whether trying again may help
            ├── ReaderConfigError           400  also InvalidInput: bad URL, unknown scheme or option
            ├── MissingDependency           503  the library of a driver is not installed
            ├── TransientConnectionError    503  refused, reset, silent, timed out: try again      (retryable)
            │   └── TruncatedMessage        503  it ended inside a message, which is lost and counted
            ├── ReaderBusy                  409  another client holds the reader: try again later  (retryable)
            ├── ProtocolError               502  the device sent what cannot be                    (retryable)
            ├── RequestRefused              502  the device answers a request with an error     (retryable)
            ├── UnsupportedOperation        501  this driver or device cannot do that
            └── TagLost                     410  the tag left the field before the operation ended (retryable)

A driver raises nothing else for what the outside world does to it: errors of sockets and of vendors'
libraries are translated at the driver's edge with ``raise … from``.
"""

from __future__ import annotations

from typing import ClassVar

from suyuan.trace.errors import InvalidInput, Unavailable


class ReaderError(Unavailable):
    """Base of all errors of readers."""

    code = "reader-error"
    title = "The reader is not available"
    retryable: ClassVar[bool] = False


class ReaderConfigError(ReaderError, InvalidInput):
    """The address or an option of a reader is wrong; it stays wrong however often it is tried."""

    code = "reader-config"
    status = 400
    title = "The reader's address or options are not valid"


class MissingDependency(ReaderError):
    """A driver needs a library that is not installed here; the remedy is the install command."""

    code = "reader-missing-dependency"
    title = "A library for this reader is not installed"


class TransientConnectionError(ReaderError):
    """The connection failed or fell silent; the same attempt may succeed a moment later."""

    code = "reader-connection"
    title = "The connection to the reader failed"
    retryable = True


class TruncatedMessage(TransientConnectionError):
    """The connection ended inside a message: that one message is lost, what came before it is not."""

    code = "reader-truncated"
    title = "The connection to the reader ended inside a message"


class ReaderBusy(ReaderError):
    """The reader serves another client and takes one at a time."""

    code = "reader-busy"
    status = 409
    title = "The reader is in use by another client"
    retryable = True


class ProtocolError(ReaderError):
    """The device sent bytes that its protocol does not allow; the connection is given up."""

    code = "reader-protocol"
    status = 502
    title = "The reader sent what its protocol does not allow"
    retryable = True


class RequestRefused(ReaderError):
    """The device understood a request and answered that it will not or cannot do it."""

    code = "reader-refused"
    status = 502
    title = "The reader refused a request"
    retryable = True


class UnsupportedOperation(ReaderError):
    """An optional operation that this driver or this device does not have."""

    code = "reader-unsupported"
    status = 501
    title = "The reader cannot do this"


class TagLost(ReaderError):
    """The tag left the field before the operation on it was finished."""

    code = "reader-tag-lost"
    status = 410
    title = "The tag left the reader's field"
    retryable = True
