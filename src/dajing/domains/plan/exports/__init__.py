"""The plan's report as a workbook, an editable official document or a PDF; synthetic data is marked on every page."""
