"""What can go wrong with a report: it is not well said, or it cannot be delivered."""


class ReportError(ValueError):
    """A report, channel or schedule cannot be as it is said. The message is a whole sentence."""


class DeliveryError(Exception):
    """A delivery did not succeed. The message says why and holds no secret."""


class TemporaryError(DeliveryError):
    """Worth another attempt: a server that is busy, away or broken.

    `wait` is how many seconds the other side asked for, where it did; `left` are the recipients
    who are still to get it, where others did get it.
    """

    def __init__(self, message: str, wait: int | None = None, left: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.wait = wait
        self.left = left


class PermanentError(DeliveryError):
    """The other side will say the same again: an address that is gone, a refusal, a wrong
    setting."""
