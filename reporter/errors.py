"""The one exception that is meant for the person at the keyboard."""


class UserError(Exception):
    """Something only the user can put right; its text says what was asked, what there is and what to do."""
