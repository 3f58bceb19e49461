#!/bin/sh
# Renders every diagram of this folder to SVG, beside its source. Needs PlantUML (Debian: apt-get install plantuml graphviz).
set -eu
cd "$(dirname "$0")"
exec plantuml -tsvg -charset UTF-8 ./*.puml
