"""Charts and maps computed on the server as plain numbers; templates turn them into SVG that needs no script."""
