"""Names, shapes and bytes of weights, without torch: what a spec wants (`wanted`), what a file holds (`header`), how the names
of one become those of the other (`rules`, `fit`), and a file written anew (`convert`)."""
