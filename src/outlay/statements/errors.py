"""What statements refuse."""


class StatementError(Exception):
    """A month cannot be closed, a dispute not be raised or answered, or what was closed has been
    changed from outside. The message says what to do next."""
