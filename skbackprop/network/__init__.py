"""f(x; θ): the boxes of a network, their order, their parameters, and a network as a value."""
