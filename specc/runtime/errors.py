"""What a user of live models can get wrong."""

from __future__ import annotations


class CannotRun(Exception):
    """The model, the device or the weights do not fit what was asked; the message says what was expected and what to do."""
