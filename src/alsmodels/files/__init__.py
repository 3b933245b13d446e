"""Files that are written whole or not at all. Nothing here knows statistics or tables; errors alone lie below."""
