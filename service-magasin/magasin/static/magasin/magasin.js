"use strict";
/* Small comforts. Every page works without them, except the parts that refresh by themselves. */

/* The menu of a narrow screen. */
document.addEventListener("click", (evenement) => {
  const bouton = evenement.target.closest("[data-bascule]");
  if (!bouton) return;
  const cible = document.getElementById(bouton.dataset.bascule);
  const ouvert = cible.classList.toggle("ouvert");
  bouton.setAttribute("aria-expanded", String(ouvert));
});

/* A form is sent once: the key it carries makes a second sending harmless, this makes it rare. */
document.addEventListener("submit", (evenement) => {
  const formulaire = evenement.target;
  if (formulaire.dataset.confirmer && !window.confirm(formulaire.dataset.confirmer)) {
    evenement.preventDefault();
    return;
  }
  if (formulaire.method !== "post" || formulaire.hasAttribute("hx-post")) return;
  if (formulaire.dataset.envoye) {
    evenement.preventDefault();
    return;
  }
  formulaire.dataset.envoye = "1";
  formulaire.setAttribute("aria-busy", "true");
});

/* Coming back with the browser's button: the form can be sent again. */
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-envoye]").forEach((formulaire) => {
    delete formulaire.dataset.envoye;
    formulaire.removeAttribute("aria-busy");
  });
});

/* A fragment that could not be refreshed says so, and goes on trying. */
document.addEventListener("htmx:sendError", () => annoncer("Connexion perdue : nouvel essai en cours."));
document.addEventListener("htmx:responseError", () => annoncer("Le serveur n'a pas pu répondre : nouvel essai en cours."));

function annoncer(texte) {
  const liste = document.getElementById("toasts");
  if (!liste || (liste.lastElementChild && liste.lastElementChild.textContent === texte)) return;
  const toast = document.createElement("p");
  toast.className = "toast";
  toast.textContent = texte;
  liste.append(toast);
  window.setTimeout(() => toast.remove(), 6000);
}
