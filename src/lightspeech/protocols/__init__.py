"""Protocols: how a corpus is cut into training, selection and test, one module each."""
