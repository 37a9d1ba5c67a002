"""Layers around a layer: what reparameterises the weight of another one."""
