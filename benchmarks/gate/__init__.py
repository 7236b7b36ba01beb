"""The voice gate: what it learns from, how it learns, and what it is worth beside Silero."""
