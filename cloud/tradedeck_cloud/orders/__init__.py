"""The cloud's book of what devices did."""
