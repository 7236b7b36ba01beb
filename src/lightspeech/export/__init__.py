"""Exporters: one module each, a run goes in, a bundle comes out."""

CONTRACT = ("export",)
"""What a module binds that is a plug-in of this package."""
