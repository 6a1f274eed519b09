"""Oracle Cloud Infrastructure: cost reports and FOCUS reports."""

from outlay.sources.oci.source import Oci, OciOptions

__all__ = ["Oci", "OciOptions"]
