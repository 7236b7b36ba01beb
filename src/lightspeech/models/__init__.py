"""Networks: one module each, ``features (batch, frames, n_features) → logits (batch, n_classes)``."""
