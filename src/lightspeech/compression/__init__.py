"""Steps from one finished run to another: a module has ``Config``, ``apply`` and ``SCHEME``.

One that not every model can take has ``check(model)`` too, called when a recipe is read.
"""
