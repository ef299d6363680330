"""What is durable: the lake's files, rolling Parquet parts, the journal."""
