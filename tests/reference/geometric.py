"""torch_geometric, imported where its use of what torch has deprecated is no error of ours."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch_geometric.data import Data
    from torch_geometric.datasets import KarateClub
    from torch_geometric.nn import GATConv, GCNConv, GINEConv, global_mean_pool

__all__ = ["Data", "GATConv", "GCNConv", "GINEConv", "KarateClub", "global_mean_pool"]
