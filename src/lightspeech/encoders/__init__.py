"""Small encoders made of large ones."""
