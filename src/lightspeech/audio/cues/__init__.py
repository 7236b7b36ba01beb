"""Counterfactual edits of a voice: the same sentence said by the same person, one cue changed.

A file a family of cues; each gives its `Edit` list, which `catalogue` joins.
"""
