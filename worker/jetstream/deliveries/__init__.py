"""What a worker does with deliveries: it pulls them, settles them, and writes down what is done."""
