"""Losses of labels as plug-ins, one module each: how logits are scored against soft targets."""

CONTRACT = ("Config", "score")
"""What a module binds that is a plug-in of this package."""
