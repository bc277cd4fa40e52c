"""Tables as people send them (XLSX, XLS, ODS, CSV in any usual encoding), read as grids of cells within bounds."""
