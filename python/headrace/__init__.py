"""headrace for Python: the host that runs unchanged Luigi tasks, and task classes for EMR and
Kubernetes. Importing this package imports nothing else."""

__version__ = "0.1.0"
