"""What a model hears: which cues its answers rest on, and which of them a compressed one kept."""
