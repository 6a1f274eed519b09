"""Which names in a folder or bucket are no bill: markers and hidden files."""


def is_hidden(path: str) -> bool:
    """Whether a relative path is hidden by convention: any part starts with ``.`` or ``_``.

    ``_SUCCESS``, ``_temporary/`` and ``.crc`` files are left by writers such as Spark and Glue,
    ``.DS_Store`` by people; no vendor names a bill so.
    """
    return any(part.startswith((".", "_")) for part in path.split("/") if part)
