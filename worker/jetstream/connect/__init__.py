"""How a client comes to a server and stays there: credentials, TLS, WebSockets, reconnects."""
