"""Readers: from files of one kind or another to a checked cohort."""
