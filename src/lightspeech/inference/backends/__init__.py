"""Runtimes as plug-ins: each opens the bundles of one format."""

CONTRACT = ("open",)
"""What a module binds that is a plug-in of this package."""
