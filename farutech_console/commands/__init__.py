"""The operations as commands: what a screen can do, a script can do."""
