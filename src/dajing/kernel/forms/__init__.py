"""Forms: server pages from a JSON Schema and a layout, drafts that wait, attachments looked at before they stay.

What a form accepts is decided here alone: the browser has no second opinion, and nothing needs a script.
"""
