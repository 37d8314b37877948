"""What turns a user's table into h⁰, y and s."""
