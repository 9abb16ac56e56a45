"""How long an order takes from the trade that causes it, beside other libraries."""
