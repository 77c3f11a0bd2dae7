"""What is to be computed: expressions, tables, callables, each with rigorous enclosures."""
