"""salience-report: a folder of texts becomes a static site that shows why a transformer said what it said."""

from reporter.models import threads

__version__ = "0.1.0"

threads.settle()
