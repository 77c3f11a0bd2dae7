"""The independent checker: replays a certificate with the standard library alone."""
