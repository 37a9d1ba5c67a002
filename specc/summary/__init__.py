"""What a program costs, layer by layer: parameters, multiply-adds, memory. Reads the graph alone."""
