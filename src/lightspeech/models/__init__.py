"""Networks, one module each: ``(batch, frames, n_features)`` to logits ``(batch, n_classes)``."""
