"""`python -m farutech_console`: the same as `farutech-console`."""

from farutech_console.entry import main

main()
