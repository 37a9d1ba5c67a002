"""Types within an instance: a rule is run on operands, and what does not fit is put into words."""
