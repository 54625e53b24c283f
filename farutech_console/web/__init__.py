"""The console in a browser: textual-serve's terminal behind a front of our own (extra `web`)."""
