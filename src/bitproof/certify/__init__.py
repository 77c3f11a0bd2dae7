"""Proofs about networks: verdicts and the certificates that carry them."""
