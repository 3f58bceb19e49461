"use strict";
/* The keyboard: `/` searches, `j` and `k` choose a row, Enter opens it. Everything is reachable with Tab as well. */
let rang = -1;

function choisir(pas) {
  const lignes = [...document.querySelectorAll(".sagas tbody tr")].filter((ligne) => ligne.querySelector(".ouvrir"));
  if (!lignes.length) return;
  rang = Math.min(Math.max(rang + pas, 0), lignes.length - 1);
  lignes.forEach((ligne, numero) => ligne.classList.toggle("choisie", numero === rang));
  lignes[rang].querySelector(".ouvrir").focus();
}

document.addEventListener("keydown", (evenement) => {
  if (evenement.ctrlKey || evenement.metaKey || evenement.altKey) return;
  if (evenement.target.closest("input, select, textarea")) return;
  const recherche = document.getElementById("recherche");
  if (evenement.key === "/" && recherche) {
    evenement.preventDefault();
    recherche.focus();
  } else if (evenement.key === "j") {
    choisir(1);
  } else if (evenement.key === "k") {
    choisir(-1);
  }
});

/* A refresh replaces the rows: the chosen one stays chosen. */
document.addEventListener("htmx:beforeSwap", (evenement) => {
  if (evenement.detail.target.id === "lignes" && document.activeElement.closest("#lignes")) {
    evenement.detail.shouldSwap = false;
  }
});
