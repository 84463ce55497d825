"""A sign-in service for benchmarks that takes its time: `python signin.py MILLISECONDS`."""

from __future__ import annotations

import signal
import sys

from runregistry.testing import token_endpoint

if __name__ == "__main__":
    with token_endpoint(delay_s=float(sys.argv[1]) / 1e3) as tokens:
        print(tokens.url, file=sys.stderr, flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
