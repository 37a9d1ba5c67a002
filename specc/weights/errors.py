"""What a user of weights can get wrong."""

from __future__ import annotations


class BadWeights(Exception):
    """A file of weights or of renaming rules that cannot be used; the message names it, says why, and what to do."""
