"""Pictures of checked programs: `compose` makes a picture of plain data from the graph, `render` writes it."""
