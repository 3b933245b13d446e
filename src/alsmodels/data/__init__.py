"""Trial data: what each column means, whether it may be trusted, and how it is read, kept and shown."""
