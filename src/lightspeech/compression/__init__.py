"""Steps from one finished run to another: a module has ``Config``, ``apply`` and ``SCHEME``."""
