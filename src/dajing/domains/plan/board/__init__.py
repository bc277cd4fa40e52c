"""What the plan's pages and exports show, composed from the plan and its stored readings."""
