"""Questions about graphs as such: straight lines through them, what goes around, what is reachable. The only door to
networkx."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import networkx as nx

Edge = tuple[str, str]


class Topology:
    """A directed graph without cycles over named nodes; edges keep their order."""

    def __init__(self, nodes: Sequence[str], edges: Sequence[Edge]) -> None:
        self.graph = nx.DiGraph()
        self.graph.add_nodes_from(nodes)
        self.graph.add_edges_from(edges)
        self.order: list[str] = list(
            nx.lexicographical_topological_sort(self.graph, key={n: k for k, n in enumerate(nodes)}.get)
        )
        self.depth = dict.fromkeys(nodes, 0)
        for name in self.order:
            for after in self.graph.successors(name):
                self.depth[after] = max(self.depth[after], self.depth[name] + 1)

    def before(self, name: str) -> list[str]:
        return list(self.graph.predecessors(name))

    def after(self, name: str) -> list[str]:
        return list(self.graph.successors(name))

    def tracks(self, end: str, main: Mapping[str, str]) -> dict[str, int]:
        """A number for each node: nodes with one number stand on one straight line, 0 is the trunk, which leads to `end`.

        A line is followed backwards: to the node that `main` names, else to the one with the longest way behind it."""
        found: dict[str, int] = {}
        for start in [end, *reversed(self.order)]:
            if start in found:
                continue
            number = len(set(found.values()))
            at: str | None = start
            while at is not None and at not in found:
                found[at] = number
                at = self._previous(at, main, found)
        return found

    def _previous(self, name: str, main: Mapping[str, str], taken: Mapping[str, int]) -> str | None:
        chosen = main.get(name)
        if chosen is not None:
            return chosen if chosen not in taken else None
        free = [other for other in self.before(name) if other not in taken]
        return max(free, key=lambda other: self.depth[other]) if free else None

    def skips(self, merges: Sequence[str], tracks: Mapping[str, int], free: Collection[str] = ()) -> list[Edge]:
        """The edges of ways that leave a line and come back to it in one of `merges`, while the line goes on for
        longer; branches of one length are no skips. Nodes of `free` make no way longer."""
        found: list[Edge] = []
        depth = dict.fromkeys(self.order, 0)
        for name in self.order:
            for after in self.graph.successors(name):
                depth[after] = max(depth[after], depth[name] + (after not in free))
        for merge in merges:
            for source in self.before(merge):
                if tracks[source] == tracks[merge] and self.depth[merge] - self.depth[source] == 1:
                    continue
                way, at, after = [(source, merge)], source, merge
                while tracks[at] != tracks[merge] and len(self.before(at)) == 1:
                    after, at = at, self.before(at)[0]
                    way.append((at, after))
                shorter = sum(end not in free for _, end in way) < depth[merge] - depth[at]
                if tracks[at] == tracks[merge] and shorter and self._around(at, merge, way):
                    found += [edge for edge in way if edge not in found]
        return found

    def _around(self, start: str, end: str, way: Sequence[Edge]) -> bool:
        """Is there another way than this one?"""
        rest = self.graph.copy()
        rest.remove_edges_from(way)
        return bool(nx.has_path(rest, start, end))
