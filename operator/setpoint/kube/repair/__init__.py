"""A repair in the cluster: the pods that each do one thing, the copies, and what people say about it."""
