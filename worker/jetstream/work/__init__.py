"""What a worker does with the queue: it pulls, settles, and writes down what is done."""
