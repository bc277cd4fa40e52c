"""终期评估: was each target met, when first, and what is carried into the next plan; frozen at a vintage."""
