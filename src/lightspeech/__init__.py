"""Emotional speech to models of tens of kilobytes, honestly measured."""

__version__ = "0.1.0"
