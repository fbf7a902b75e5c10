"""The whole: the order of the house, golden pages, documents, hostile input, and sweeps over everything."""
