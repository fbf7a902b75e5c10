"""Loading: where a checkpoint is, whether it may be trusted, whether it is ready, and the network that it becomes."""
