"""Walking over a trace."""

from __future__ import annotations

from collections.abc import Iterator

from specc.elaborate.labels import key_text
from specc.elaborate.trace import Apply, Branch, Introduce, Item, Loop, Member, SeqLayer


def introduced(items: list[Item]) -> Iterator[Member]:
    """The layers that items introduce, in order, at the level of the body (what stands in a sequence belongs to it)."""
    for item in items:
        if isinstance(item, Introduce):
            yield item.member
        elif isinstance(item, Branch):
            yield from introduced(item.then)
            yield from introduced(item.orelse)
        elif isinstance(item, Loop):
            for body in item.bodies:
                yield from introduced(body)


def member_keys(items: list[Item], prefix: str = "") -> dict[str, Member]:
    """Every layer by its key within the body, those inside sequences included; a block's own layers are its instance's."""
    found: dict[str, Member] = {}
    for member in introduced(items):
        key = prefix + key_text(member.path)
        found[key] = member
        if isinstance(member.layer, SeqLayer):
            found.update(member_keys(member.layer.items, key + "."))
    return found


def applications(items: list[Item]) -> Iterator[Apply]:
    """Every application at the level of the body and inside its sequences, in order."""
    for item in items:
        if isinstance(item, Apply):
            if item.inner:
                yield from applications(item.inner)
            else:
                yield item
        elif isinstance(item, Branch):
            yield from applications(item.then)
            yield from applications(item.orelse)
        elif isinstance(item, Loop):
            for body in item.bodies:
                yield from applications(body)
