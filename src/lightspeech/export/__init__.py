"""Exporters, one module each: a run goes in, a bundle comes out.

================= =========================================================================
``HOLDS``         front ends that it can write, by name; the network of any other is refused
``KNOWS_SPEAKER`` whether it writes a network that takes features without a voice
``TAKES``         number formats of the runs it takes: ``fp32``, ``int8``
``SUFFIX``        of its model file
``export``        ``export(run, bundle) -> Bundle`` writes the folder
``network_alone`` ``network_alone(run, folder, threads)``: what answers one window's features in
                  the format's runtime, to be timed; None where nobody can be asked
================= =========================================================================
"""

CONTRACT = ("HOLDS", "KNOWS_SPEAKER", "TAKES", "SUFFIX", "export", "network_alone")
"""What a module binds that is a plug-in of this package."""
