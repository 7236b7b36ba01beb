"""What a network is given of a recording: front ends as plug-ins, their caches and batches."""
