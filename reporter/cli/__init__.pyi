"""What `cli` offers; each is loaded when it is first asked for."""

from .commands import app as app
from .commands import main as main
