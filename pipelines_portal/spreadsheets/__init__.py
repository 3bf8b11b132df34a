"""Read and write files of rows: CSV, XLSX and JSON."""
