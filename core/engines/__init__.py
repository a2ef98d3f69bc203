"""Engines on other machines: tasks for the workers of a cluster, checks of their answers, and the cluster of Dask."""
