"""A view that a model has not the structure for."""

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
