"""`python -m specc` is the `specc` command."""

from __future__ import annotations

from specc.cli.main import entry_point

if __name__ == "__main__":
    entry_point()
