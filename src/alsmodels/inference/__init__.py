"""The same questions asked of any fit, and answered in the same table."""
