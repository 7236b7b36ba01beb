"""What a network learns beside the labels, or in which order, as plug-ins, one module each.

``build(cfg, *, task, network) -> Objective``: ``cfg`` is the module's own ``Config`` as the recipe
has it, ``task`` says all of the run, ``network`` is what is trained. See `training.objective`.
"""

CONTRACT = ("Config", "build")
"""What a module binds that is a plug-in of this package."""
