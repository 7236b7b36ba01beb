"""Training: losses, the loop, runs and studies."""
