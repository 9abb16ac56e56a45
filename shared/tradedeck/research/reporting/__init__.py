"""Reports: one page for people, JSON for programs, a table of trades."""

from tradedeck.research.reporting.contents import report_of, to_json
from tradedeck.research.reporting.extras import Check, Extras, Gap, Heat, gaps_of
from tradedeck.research.reporting.page import page_of
from tradedeck.research.reporting.why import Why, why
from tradedeck.research.reporting.writing import Written, trades_csv, write_report

__all__ = [
    "Check", "Extras", "Gap", "Heat", "Why", "Written", "gaps_of", "page_of", "report_of", "to_json", "trades_csv",
    "why", "write_report",
]  # fmt: skip
