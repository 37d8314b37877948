"""h⁰: what the rows of a table become as inputs of a network, block by block."""
