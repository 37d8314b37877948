"""Several networks as one: their plan, folds and members, and what they answer together."""
