"""Corpora: one module each, found by its file name."""

CONTRACT = ("INFO", "Config", "read")
"""What a module binds that is a plug-in of this package."""
