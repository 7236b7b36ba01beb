"""Exporters: one module each, a run goes in, a bundle comes out."""
