#!/bin/sh
# `sh docker/secrets.sh [FILE]` makes .env (or FILE) from .env.example: every secret left empty there is generated; what
# the file says already is kept.
# Needs a POSIX shell and nothing else. Idempotent; run it again after an upgrade that brings new names.
set -eu
exemple=$(dirname "$0")/../.env.example
cible=${1:-$(dirname "$0")/../.env}
umask 077
touch "$cible"

while IFS= read -r ligne; do
    case $ligne in
        '' | '#'*) printf '%s\n' "$ligne" ; continue ;;
    esac
    nom=${ligne%%=*} valeur=${ligne#*=}
    connue=$(sed -n "s/^$nom=//p" "$cible" | tail -n 1)
    if [ -z "$connue" ] && [ -z "$valeur" ]; then
        connue=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
    fi
    printf '%s=%s\n' "$nom" "${connue:-$valeur}"
done <"$exemple" >"$cible.brouillon"
# What you added is kept as well.
grep -E '^[A-Za-z_]+=' "$cible" | while IFS= read -r ligne; do
    grep -q "^${ligne%%=*}=" "$exemple" || printf '%s\n' "$ligne"
done >>"$cible.brouillon"
mv "$cible.brouillon" "$cible"
echo "Secrets : $cible est complet, lisible par vous seul."
