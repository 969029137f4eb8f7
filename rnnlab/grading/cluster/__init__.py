"""The same jobs on the machines of a Dask cluster: they execute and judge; one process here writes the gradebook."""
