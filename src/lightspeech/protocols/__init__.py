"""Protocols: how a corpus is cut into training, selection and test, one module each."""

CONTRACT = ("Config", "cut")
"""What a module binds that is a plug-in of this package."""
