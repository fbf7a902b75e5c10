"""salience-report: a folder of texts becomes a static site that shows why a transformer said what it said."""

__version__ = "0.1.0"
