"""How much of a model is left in other rooms, lines and levels."""
