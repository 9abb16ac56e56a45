"""The same strategy in other libraries."""
