"""Runtimes as plug-ins, one module each.

========= ==========================================================================
``opens`` ``opens(bundle)``: whether it opens this bundle, told by its files
``open``  ``open(bundle, *, threads) -> Predictor``
========= ==========================================================================
"""

CONTRACT = ("opens", "open")
"""What a module binds that is a plug-in of this package."""
