"""What the commands of the shell do: from words to values, from values to what is shown."""
