"""The web server as `sisir serve` starts it, with a shorter patience: port, threads, milliseconds for a head."""

import sys

from server.cli import serve


def main(port: int, threads: int, head_limit_ms: int) -> None:
    """Serves until a signal comes."""
    serve.HEAD_LIMIT_MS = head_limit_ms
    serve.web_server("tests.faults.quick_wsgi:app", host="127.0.0.1", port=port, threads=threads).serve()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
