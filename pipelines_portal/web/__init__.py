"""What draws or words the pages of the portal: rendering, error pages, form fields, mail and charts."""
