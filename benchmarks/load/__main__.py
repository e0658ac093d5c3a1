"""``python -m benchmarks.load``."""

import sys

from benchmarks.load.cli import main

if __name__ == "__main__":
    sys.exit(main())
