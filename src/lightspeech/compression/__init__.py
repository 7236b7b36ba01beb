"""Steps from one finished run to another: a module has ``Config``, ``apply`` and ``SCHEME``.

One that not every model can take has ``check(model)`` too, called when a recipe is read.
"""

CONTRACT = ("SCHEME", "Config", "apply")
"""What a module binds that is a plug-in of this package."""
