"""The page of one document, part by part."""
