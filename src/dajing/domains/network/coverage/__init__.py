"""Who is covered, in people: from registers, terrain and the demand layer, with location probability and interval."""
