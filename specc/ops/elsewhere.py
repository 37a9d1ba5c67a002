"""What layers and functions are called elsewhere: torch's second names, numpy's, keras's. One name for one thing, but who
writes another is told the right one. A value is the name here, or a sentence where it takes more than a name."""

from __future__ import annotations

NAMES: dict[str, str] = {
    # functions
    "view": "reshape", "reshape_as": "reshape", "view_as": "reshape",
    "contiguous": "leave it out: reshape copies where it must",
    "concat": "cat", "concatenate": "cat", "hstack": "cat", "vstack": "cat",
    "swapaxes": "transpose", "swapdims": "transpose", "moveaxis": "movedim", "t": "write `transpose(0, 1)`",
    "broadcast_to": "expand", "ravel": "flatten", "expand_dims": "unsqueeze",
    "absolute": "abs", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh",
    "arccosh": "acosh", "arctanh": "atanh", "clip": "clamp", "negative": "neg", "fix": "trunc", "sgn": "sign", "power": "pow",
    "multiply": "mul", "divide": "div", "true_divide": "div", "subtract": "sub", "mod": "remainder", "not_equal": "ne",
    "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le", "special_expit": "sigmoid", "expit": "sigmoid",
    "swish": "silu", "hard_swish": "hardswish", "hard_sigmoid": "hardsigmoid", "hard_tanh": "hardtanh",
    "log_sigmoid": "logsigmoid", "soft_plus": "softplus", "soft_sign": "softsign",
    "average": "mean", "reduce_mean": "mean", "reduce_sum": "sum", "reduce_max": "amax", "vector_norm": "norm",
    "scaled_dot_product_attention": "attention", "sdpa": "attention", "flash_attention": "attention",
    "index_add": "scatter_sum", "segment_sum": "scatter_sum", "take": "take_along_dim",
    "upsample": "interpolate", "resize": "interpolate", "onehot": "one_hot",
    "astype": "to", "cast": "to", "type": "to",
    "double": "write `to(float)`", "long": "write `to(int)`",
    "empty": "zeros", "normal": "randn", "as_tensor": "tensor", "constant": "tensor",
    "mse": "mse_loss", "mae": "l1_loss", "bce": "binary_cross_entropy", "bce_with_logits": "binary_cross_entropy_with_logits",
    "nll": "nll_loss", "kl": "kl_div", "dropout": "Dropout", "fold": "Fold", "im2col": "Unfold", "col2im": "Fold",
    "batch_norm": "BatchNorm2d", "instance_norm": "InstanceNorm2d",
    # layers
    "Dense": "Linear", "FC": "Linear", "Conv2D": "Conv2d", "Conv1D": "Conv1d", "Conv3D": "Conv3d", "Swish": "SiLU",
    "MaxPooling2D": "MaxPool2d", "AveragePooling2D": "AvgPool2d",
    "GlobalAveragePooling2D": "write `AdaptiveAvgPool2d(1) -> Flatten`",
    "BatchNormalization": "BatchNorm2d", "LayerNormalization": "LayerNorm", "Concatenate": "cat", "Add": "write `a + b`",
    "Reshape": "Unflatten", "UpSampling2D": "Upsample", "Conv2DTranspose": "ConvTranspose2d", "SimpleRNN": "RNN",
    "Sequential": "write the chain in parentheses: `(Linear(8) -> ReLU)`", "MultiHeadAttention": "MultiheadAttention",
}  # fmt: skip
