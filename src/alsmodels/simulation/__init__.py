"""Cohorts simulated from a stated truth, as unkind as data of ALS trials are."""
