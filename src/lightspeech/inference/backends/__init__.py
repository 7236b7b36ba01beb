"""Runtimes as plug-ins, one module each.

=================== ===================================================================
``opens``           ``opens(bundle)``: whether it opens this bundle, told by its files
``open``            ``open(bundle, *, threads) -> Predictor``
``ram_bytes``       ``ram_bytes(bundle)``: what it keeps, where its files say so; else None
``WINDOWS_AT_ONCE`` windows of one call that is timed
=================== ===================================================================
"""

CONTRACT = ("opens", "open", "ram_bytes", "WINDOWS_AT_ONCE")
"""What a module binds that is a plug-in of this package."""
