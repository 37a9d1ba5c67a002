"""Makes torchvision importable beside a CPU build of torch.

torchvision's wheel expects its own CUDA libraries and asks torch for `torchvision::nms`, which they would have declared.
Declaring the two names first is enough for every classifier. Import this module before torchvision, and before
transformers, which tries torchvision.
"""

from __future__ import annotations

import torch

# The library must outlive the import: torch forgets the declarations with it.
_LIBRARY = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
for _name in ("nms", "qnms"):
    _LIBRARY.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call]
