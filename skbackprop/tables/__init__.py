"""From a user's table to h⁰, y and s."""
