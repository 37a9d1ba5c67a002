"""Mutants that change nothing that a rule says, and why."""

from __future__ import annotations

EQUIVALENT: dict[str, str] = {}
"""By `str` of the mutant: the reason."""
