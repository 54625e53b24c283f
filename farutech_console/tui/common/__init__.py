"""What every room draws with: tables, dialogs, charts, the header."""
