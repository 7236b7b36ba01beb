"""Exporters, one module each: a run goes in, a bundle comes out; of some a bundle does.

================= =========================================================================
``HOLDS``         front ends that it can write, by name; the network of any other is refused
``KNOWS_SPEAKER`` whether it writes a network that takes features without a voice
``TAKES``         number formats of the runs it takes: ``fp32``, ``int8``
``SUFFIX``        of its model file
``PREFIXED``      whether its files have names of C, which may begin with a prefix
``RATES``         whether it writes a model that tells ratings in place of classes
``export``        ``export(run, bundle) -> Bundle`` writes the folder
``rewrite``       ``rewrite(source, bundle) -> Bundle | None`` writes it without the run, of another
                  bundle; None where that one does not hold what it takes
``network_alone`` ``network_alone(run, folder, threads)``: what answers one window's features in
                  the format's runtime, to be timed; None where nobody can be asked
================= =========================================================================
"""

CONTRACT = (
    "HOLDS", "KNOWS_SPEAKER", "TAKES", "SUFFIX", "PREFIXED", "RATES",
    "export", "rewrite", "network_alone",
)  # fmt: skip
"""What a module binds that is a plug-in of this package."""
