"""Reading a stream without a consumer: by batched direct get, or by message get."""
