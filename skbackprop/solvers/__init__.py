"""min J(θ): loops over θ that see an Objective and a Monitor, and never a box of the network."""
