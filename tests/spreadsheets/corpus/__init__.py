"""Realistic files, each with the expected result. Those of LibreOffice are stored as it wrote them."""
