"""Graph networks against torch_geometric: same keys, same weights, in fp64 1e-10 relative."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.reference.compare import assert_same_keys, build, randomise, relative_difference, share_weights
from tests.reference.geometric import Data, GATConv, GCNConv, GINEConv, KarateClub, global_mean_pool
from tests.reference.proofs import proves

pytestmark = pytest.mark.usefixtures("double")


def karate() -> Data:
    """Zachary's karate club: 34 people, 156 friendships (each in both directions), 4 groups."""
    data = KarateClub()[0]
    assert isinstance(data, Data)
    return data


def edges(nodes: int, count: int) -> Tensor:
    """Random edges without loops, in one direction each; the last node hears from nobody."""
    source = torch.randint(nodes, (count,))
    target = (source + torch.randint(1, nodes - 1, (count,))) % (nodes - 1)
    keep = source != target
    return torch.stack([source[keep], target[keep]])


class Two(nn.Module):
    """Two convolutions with an activation between them."""

    def __init__(self, conv1: nn.Module, conv2: nn.Module, act: nn.Module) -> None:
        super().__init__()
        self.conv1, self.conv2, self.act = conv1, conv2, act

    def forward(self, x: Tensor, *edges: Tensor) -> Tensor:
        found: Tensor = self.conv2(self.act(self.conv1(x, *edges)), *edges)
        return found


CONVOLUTIONS = {
    "gcn GCN": lambda: Two(GCNConv(34, 16), GCNConv(16, 4), nn.ReLU()),
    "gat GAT": lambda: Two(GATConv(34, 8, heads=8), GATConv(64, 4, concat=False), nn.ELU()),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
@proves("graph/gcn GCN", "graph/gat GAT", kind="equal", reference="torch_geometric", figure="1e-10 relative")
def test_convolutions(name: str) -> None:
    spec, model = name.split()
    ours, theirs = build(f"graph/{spec}", model, dropout=0.0), CONVOLUTIONS[name]()
    assert_same_keys(ours, theirs)
    randomise(theirs)
    share_weights(ours, theirs)
    club = karate()
    looped = torch.cat([edges(9, 30), torch.tensor([[2, 5, 5, 8], [2, 5, 5, 8]])], dim=1)  # loops, one of them given twice
    for x, edge_index in ((club.x.double(), club.edge_index), (torch.randn(9, 34), edges(9, 30)), (torch.randn(9, 34), looped)):
        assert relative_difference(ours(x, edge_index), theirs(x, edge_index)) < 1e-10


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_gradients(name: str) -> None:
    spec, model = name.split()
    ours, theirs = build(f"graph/{spec}", model, dropout=0.0), CONVOLUTIONS[name]()
    share_weights(ours, theirs)
    x, edge_index = torch.randn(9, 34), edges(9, 30)
    for module in (ours, theirs):
        module(x, edge_index).square().sum().backward()
    wanted = dict(theirs.named_parameters())
    for parameter, tensor in ours.named_parameters():
        assert relative_difference(tensor.grad, wanted[parameter].grad) < 1e-9, parameter


def mlp(features: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(features, width), nn.ReLU(), nn.Linear(width, width))


@proves("graph/message_passing NodeClassifier", kind="equal", reference="torch_geometric's GINEConv", figure="1e-10 relative")
def test_message_passing_answers_for_nodes() -> None:
    ours = build("graph/message_passing", "NodeClassifier").eval()
    theirs = Two(GINEConv(mlp(16, 16)), GINEConv(mlp(16, 32)), nn.ReLU())
    theirs.load_state_dict({name: tensor for name, tensor in ours.state_dict().items() if "readout" not in name})
    edge_index = edges(9, 30)
    x, edge = torch.randn(9, 16), torch.randn(edge_index.shape[1], 16)
    wanted = ours.get_submodule("readout")(torch.relu(theirs(x, edge_index, edge)))
    assert relative_difference(ours(x, edge_index, edge), wanted) < 1e-10


@proves(
    "graph/message_passing GraphClassifier",
    kind="equal",
    reference="torch_geometric's GINEConv and pooling",
    figure="1e-10 relative",
)
def test_message_passing_answers_for_graphs() -> None:
    """A batch of graphs is one graph in pieces; one of them here has no node at all."""
    ours = build("graph/message_passing", "GraphClassifier").eval()
    theirs = Two(GINEConv(mlp(16, 16)), GINEConv(mlp(16, 32)), nn.ReLU())
    theirs.load_state_dict({name: tensor for name, tensor in ours.state_dict().items() if "readout" not in name})
    edge_index, graph = edges(9, 30), torch.tensor([0, 0, 0, 1, 1, 1, 1, 3, 3])
    x, edge = torch.randn(9, 16), torch.randn(edge_index.shape[1], 16)
    wanted = ours.get_submodule("readout")(global_mean_pool(torch.relu(theirs(x, edge_index, edge)), graph, 4))
    assert relative_difference(ours(x, edge_index, edge, graph, 4), wanted) < 1e-10


@proves("graph/gcn GCN", kind="learns", reference="Zachary's karate club", figure="0.75")
def test_gcn_learns_the_karate_club() -> None:
    """From one known member of each of the four groups, who the others side with (Kipf and Welling, 2016, appendix A)."""
    club = karate()
    ours = build("graph/gcn", "GCN", dropout=0.0)
    optimiser = torch.optim.Adam(ours.parameters(), lr=0.01, weight_decay=5e-4)
    known, x = club.train_mask, club.x.double()
    assert int(known.sum()) == 4
    for _ in range(200):
        optimiser.zero_grad()
        nn.functional.cross_entropy(ours(x, club.edge_index)[known], club.y[known]).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    with torch.no_grad():
        right = (ours(x, club.edge_index).argmax(dim=-1) == club.y).double().mean().item()
    assert right >= 0.75
