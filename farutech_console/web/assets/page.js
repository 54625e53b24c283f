// Gives the keyboard to the terminal once it has drawn something: keys must work without a click.
new MutationObserver((_changes, observer) => {
  if (!document.body.classList.contains("-first-byte")) return;
  observer.disconnect();
  document.querySelector(".xterm-helper-textarea")?.focus();
}).observe(document.documentElement, { attributes: true, attributeFilter: ["class"], subtree: true });
