"""How learned tensors begin: the functions of torch.nn.init, by the names that `init` rules and `param` use."""
