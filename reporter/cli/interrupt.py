"""Ctrl-C: what is paid for is kept. The batch that is being measured is finished and saved, and then the work ends."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Notice = Callable[[int], None]


@contextmanager
def deferred(notice: Notice, announce: Callable[[str], None]) -> Iterator[Notice]:
    """A notice of what is done that ends the work by `KeyboardInterrupt` if Ctrl-C was pressed meanwhile.

    Pressed before anything is under way, or twice, it ends the work at once.
    """
    pressed: list[int] = []
    started: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        """Handle Ctrl-C: remember it once, if anything is under way, and else interrupt at once."""
        if pressed or not started:
            raise KeyboardInterrupt
        pressed.append(number)
        announce("Stopping when this batch is saved; press Ctrl-C again to stop at once.")

    def note(done: int) -> None:
        """Pass the notice on, and end the work if Ctrl-C was pressed."""
        started.append(done)
        notice(done)
        if pressed:
            raise KeyboardInterrupt

    usual = signal.signal(signal.SIGINT, stop)
    try:
        yield note
    finally:
        signal.signal(signal.SIGINT, usual)
