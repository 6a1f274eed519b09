"""File access for PyIceberg that finds the lake's files after its folder was moved or copied."""

import re
from pathlib import Path

from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO
from pyiceberg.typedef import EMPTY_DICT, Properties

from outlay.lake.faults import fault_point

ROOT_PROPERTY = "outlay.root"

# The last matching part wins, so that a lake below a folder named `iceberg` is found as well.
_INSIDE = re.compile(
    r".*/(iceberg/charges/(?:metadata|data)/[^/]+|charges/[^/]+/\d{4}-\d{2}/[^/]+\.parquet)$"
)


def relocate(location: str, root: str) -> str:
    """The local path of a file of the lake at `root`, wherever the lake was when it was named.

    Iceberg writes absolute locations; a workspace that was moved, or copied beside its origin,
    must read and write its own files and never those of the old place.
    """
    path = location.removeprefix("file://")
    if path.startswith(f"{root}/"):
        return path
    inside = _INSIDE.match(path)
    return str(Path(root) / inside[1]) if inside else path


class LakeFileIO(PyArrowFileIO):
    """PyArrow file access with every location brought into the lake of this catalog."""

    def new_output(self, location: str) -> PyArrowFile:
        """A file to write at the location (a manifest or metadata file of a commit)."""
        fault_point("commit")
        return super().new_output(location)

    @staticmethod
    def parse_location(location: str, properties: Properties = EMPTY_DICT) -> tuple[str, str, str]:
        """Scheme, host and path of a location, relocated into the lake."""
        return PyArrowFileIO.parse_location(
            relocate(location, properties[ROOT_PROPERTY]), properties
        )
