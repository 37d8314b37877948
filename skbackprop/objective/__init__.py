"""J(θ): the loss of the outputs, penalties on the weights, the rows it is measured on."""
