"""What each way to bend training examples is worth across corpora, and in noise, rooms, lines."""
