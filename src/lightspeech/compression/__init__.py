"""Steps from one finished run to another: each module holds ``Config``, ``apply`` and ``SCHEME``."""
