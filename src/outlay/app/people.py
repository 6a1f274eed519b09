"""Who changes things, where nobody has logged in: the login name of the process."""

import getpass
import os


def login_name() -> str:
    """The login name, or the user id where it has no name (a container)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
