"""Corpora: one module each, found by its file name.

Where the name of a recording tells who speaks, ``parse(path) -> Utterance | str`` reads it, or says
why it cannot: a copy in somebody's own folder is known by that.
"""

CONTRACT = ("INFO", "Config", "read")
"""What a module binds that is a plug-in of this package."""
