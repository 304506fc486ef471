"""`python -m server` is the command `sisir`."""

from server.cli import main

main()
