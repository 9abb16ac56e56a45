"""One folder a venue. A provider knows its venue's wire and nothing of the others."""
