"""What `exports` offers; each is loaded when it is first asked for."""

from .export import choose_format as choose_format
from .export import write_out as write_out
