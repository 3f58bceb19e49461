"""The public checker: drives any running platform from the outside and says whether I1–I9 held."""
