"""Methods: promises over all of them, closed forms, and other people's implementations."""
