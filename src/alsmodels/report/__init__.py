"""Results as people read them: figures, tables for the terminal, and folders of files."""
