"""Quality: from what a model answered to figures that survive review."""
