"""Steps from one finished run to another, one module each.

=================== =============================================================================
``Config``          what a recipe says of it
``SCHEME``          what figures are called after it, such as ``pruned``
``BYTES_PER_VALUE`` of an activation after it; None: as before
``FINAL``           no step can follow
``check``           ``check(run_config)`` refuses what it cannot treat, when the recipe is read
``learns_from``     ``learns_from(cfg) -> Lessons``: studies that must be there, more corpora
``prepare``         ``prepare(tasks, cfg, progress)``, called once before the first run
``apply``           ``apply(before, task, cfg)`` does one run
=================== =============================================================================
"""

CONTRACT = (
    "Config", "SCHEME", "BYTES_PER_VALUE", "FINAL", "check", "learns_from", "prepare", "apply",
)  # fmt: skip
"""What a module binds that is a plug-in of this package."""
