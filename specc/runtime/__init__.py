"""Live modules: the only room that knows torch. `load` makes a generated file live, `weights` fills a model, `run` runs it
once, `verify` holds what was inferred against what torch computes."""
