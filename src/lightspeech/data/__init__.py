"""From a manifest to tensors: the front end in torch, cached features, batches."""
