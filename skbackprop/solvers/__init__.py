"""Solvers: loops over θ that see an Objective and never a box."""
