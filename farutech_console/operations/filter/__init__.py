"""The filter language: `tenant:acme error:~timeout age>2h`, alike in console and commands. Pure."""
