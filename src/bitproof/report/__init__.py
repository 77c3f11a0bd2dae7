"""Results as text, JSON, HTML and plots."""

from bitproof.report.folder import write_report, write_result

__all__ = ["write_report", "write_result"]
