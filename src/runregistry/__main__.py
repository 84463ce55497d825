"""``python -m runregistry``."""

import sys

from runregistry.cli import main

if __name__ == "__main__":
    sys.exit(main())
