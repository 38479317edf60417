"""A stand-in for OMS that keeps to its documented interface and refuses wrong use."""
