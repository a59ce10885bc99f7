"""What a person reads of each subject: terminal tables, report sections, JSON."""
