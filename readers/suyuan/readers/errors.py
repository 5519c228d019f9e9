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
            ├── AccessDenied                403  it does not take our user name and password    (retryable)
            ├── UntrustedDevice             502  its certificate is not one that we trust       (retryable)
            ├── UnsupportedOperation        501  this driver or device cannot do that
            ├── TagLost                     410  the tag left the field before the operation ended (retryable)
            ├── SeveralTags                 409  more than one tag lies there: which one is meant? (retryable)
            ├── TagUnsupported              501  a chip, or a state of it, that holds no link of ours
            ├── TagLocked                   409  the tag can be read but not written any more
            ├── TagPasswordRefused          403  the tag's access or kill password is another one
            ├── TagTooSmall                 409  the tag's memory ends before; says what is needed
            ├── TagTaken                    409  the tag names another object already
            ├── TagWriteError               502  the tag refused a write, or read back differently (retryable)
            ├── PrinterNotReady             503  a label printer needs a person: labels, ribbon    (retryable)
            └── RecordingEnded              410  a recording that is played again is at its end
    InvalidInput
    └── NdefError                           400  an NDEF message that cannot be

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


class AccessDenied(ReaderError):
    """The device or broker does not take our user name and password, or does not let them do this."""

    code = "reader-access-denied"
    status = 403
    title = "The reader does not let us in"
    retryable = True


class UntrustedDevice(ReaderError):
    """The device's certificate is not one that was told to be trusted; nothing was sent to it."""

    code = "reader-untrusted"
    status = 502
    title = "The reader's certificate is not trusted"
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


class SeveralTags(ReaderError):
    """More than one tag is in the field, so that it is not clear which one is meant."""

    code = "reader-several-tags"
    status = 409
    title = "More than one tag lies on the reader"
    retryable = True


class TagUnsupported(ReaderError):
    """A chip that cannot hold a link, or whose memory is laid out as we do not write it."""

    code = "reader-tag-unsupported"
    status = 501
    title = "This tag cannot hold a link"


class TagLocked(ReaderError):
    """The tag can be read, but its memory is locked against writing."""

    code = "reader-tag-locked"
    status = 409
    title = "The tag is locked"


class TagPasswordRefused(ReaderError):
    """The tag does not open to the access or kill password that was given."""

    code = "reader-tag-password"
    status = 403
    title = "The tag's password is another one"


class TagTooSmall(ReaderError):
    """The tag's memory ends before what is wanted. Fields of a link: needed, there (bytes)."""

    code = "reader-tag-too-small"
    status = 409
    title = "The tag's memory is too small"


class TagTaken(ReaderError):
    """The tag names another object already. Fields: carries, link."""

    code = "reader-tag-taken"
    status = 409
    title = "The tag belongs to something else"


class TagWriteError(ReaderError):
    """The tag refused a write, or what was read back is not what was written."""

    code = "reader-tag-write"
    status = 502
    title = "Writing the tag failed"
    retryable = True


class PrinterNotReady(ReaderError):
    """A label printer says that a person has to see to it."""

    code = "printer-not-ready"
    title = "The label printer needs attention"
    retryable = True


class RecordingEnded(ReaderError):
    """A recording has been played to its end; playing it again would tell everything twice."""

    code = "recording-ended"
    status = 410
    title = "The recording is at its end"


class NdefError(InvalidInput):
    """An NDEF message, or the memory around it, that cannot be right."""

    code = "ndef-invalid"
    title = "The tag does not hold a valid NDEF message"
