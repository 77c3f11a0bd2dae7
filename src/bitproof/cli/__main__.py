"""`python -m bitproof.cli`, where the `bitproof` program is not on the path."""

from bitproof.cli.shell import main

main()
