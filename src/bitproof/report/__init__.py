"""Results as text, JSON, HTML and plots."""
