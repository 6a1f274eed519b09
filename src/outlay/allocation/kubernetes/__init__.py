"""Kubernetes from the bill: the charges of a cluster's nodes, volumes, load balancers and control
plane, shared out to the pods that used them, in rows whose sum is the bill's to the last digit."""
