"""People, posts that outlive their holders, departments, roles, sign-in and API clients."""
