"""What playing a material costs on this machine, as ratios to a plain form, measured side by side in one run."""
