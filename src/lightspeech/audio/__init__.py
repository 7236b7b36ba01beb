"""Audio without torch: reading, windows, the feature definition."""
