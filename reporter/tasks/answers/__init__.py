"""What tasks have in common: weighted sums of cells, predictions and targets, and what a model's labels are."""
