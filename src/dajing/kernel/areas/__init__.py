"""Areas: regions with codes, parents, polygons and validity; old codes live on in ID numbers and in history."""
