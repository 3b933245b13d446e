"""From words to matrices: time scales, formulas, specifications, designs and estimands."""
