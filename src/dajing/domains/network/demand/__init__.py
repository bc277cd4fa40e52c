"""Who needs the network and where: people and households by village, conserved to the census; venues; rasters."""
