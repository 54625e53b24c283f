"""What is true of a provisioning queue: pure models and rules, no input or output."""
