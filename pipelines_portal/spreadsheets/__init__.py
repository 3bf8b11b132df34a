"""Files of rows, whatever wrote them: decoded, bounded, and read as the fields' types take their cells."""
