"""`python -m outlay`: the command line."""

import sys

from outlay.cli import main

if __name__ == "__main__":
    sys.exit(main())
