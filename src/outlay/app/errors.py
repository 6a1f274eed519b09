"""What can be wrong with a workspace or a use case."""


class WorkspaceError(Exception):
    """A workspace cannot be opened or a use case refuses; the message says what to do next.

    `wrong_use` tells that the caller asked for something that cannot be (exit code 2).
    """

    def __init__(self, message: str, *, wrong_use: bool = False) -> None:
        super().__init__(message)
        self.wrong_use = wrong_use
