"""What a network is given of a recording: front ends as plug-ins, their caches and batches."""

CONTRACT = ("Config", "build")
"""What a module binds that is a plug-in of this package."""
