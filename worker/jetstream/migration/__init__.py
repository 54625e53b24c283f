"""Moving dead letters out of the work queue into a stream of their own, while workers run.

Their own stream is made under a subject that nobody else publishes on, and the letters are copied
into it unseen. When it holds them all, the dead letters' subject is taken from the work queue and
given to it, in two requests. The second is the one instant that counts: before it the letters
lie in the work queue and the copies are nothing; with it, and in the same request, the stream notes
up to which letter it has all, so after it the originals are nothing and may go. A process killed at
any point leaves one or the other.

Between the two requests the subject has no stream. No two streams may take one subject, not even
for a moment, so no server closes this gap; deliveries stand still while it is open, and whoever
publishes a dead letter all the same is heard by a subscription of ours, which stores it and answers
with the acknowledgement that the stream would have given.
"""
