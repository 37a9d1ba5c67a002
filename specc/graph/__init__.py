"""The checked program as data: `model` is the data, `formula` reads its sizes, `exchange` writes and reads its JSON."""
