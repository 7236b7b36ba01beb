"""Networks, one module each: ``(batch, frames, n_features)`` to logits ``(batch, n_classes)``."""

CONTRACT = ("FRONTEND", "WINDOWS", "Config", "build")
"""What a module binds that is a plug-in of this package."""
