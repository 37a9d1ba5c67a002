"""Views that a model has not the structure for, or too much of it."""

from __future__ import annotations


class Unfit(Exception):
    """The view, what a model must have for it, and the view that shows this one instead."""

    def __init__(self, view: str, needs: str, instead: str) -> None:
        super().__init__(view, needs, instead)
        self.view = view
        self.needs = needs
        self.instead = instead

    def __str__(self) -> str:
        return f"has no {self.needs}, which --view {self.view} draws: pass --view {self.instead}"


class TooMuch(Exception):
    """The model has the structure, but the view would show nothing; the message says why. It is drawn as cards."""
