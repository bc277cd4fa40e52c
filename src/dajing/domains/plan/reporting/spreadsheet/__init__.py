"""Tables as departments really send them: merged headings, 万/亿 units, full-width digits, any encoding."""
