"""How `./labo` runs the whole platform as plain processes: no Docker, no root, nothing but pip packages."""
