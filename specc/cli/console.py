"""Lines on standard error."""

from __future__ import annotations

import sys

from specc.report.style import clean, style_for


def complain(message: str) -> None:
    """`error: ...`, for what is wrong with the command or its files rather than with a spec."""
    _flush()
    print(f"{style_for(sys.stderr).paint('error', 'error')}: {clean(message)}", file=sys.stderr)


def tell(message: str) -> None:
    """A line about what was done or is being done, apart from the output itself."""
    _flush()
    print(clean(message), file=sys.stderr, flush=True)


def _flush() -> None:
    """What was printed comes before what is told, where both go to one terminal."""
    try:
        sys.stdout.flush()
    except OSError:  # main tells of it at the end
        return
