"""Files as they come: each with what should come out. Spreadsheets of LibreOffice are kept as it wrote them."""
