"""Read and write files of rows: CSV and XLSX."""
