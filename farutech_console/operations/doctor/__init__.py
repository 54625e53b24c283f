"""The doctor: what is wrong with a queue or will be, what it means, and what to do about it.

`examine` asks the server once, for everything; each check then judges the evidence, without I/O.
"""
