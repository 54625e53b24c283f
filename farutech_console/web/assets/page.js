// Gives the keyboard to the terminal once it has drawn something: keys must work without a click.
new MutationObserver((_changes, observer) => {
  if (!document.body.classList.contains("-first-byte")) return;
  observer.disconnect();
  document.querySelector(".xterm-helper-textarea")?.focus();
}).observe(document.documentElement, { attributes: true, attributeFilter: ["class"], subtree: true });

// Shows why a session ended: the server says so in a message before it closes the web socket.
window.WebSocket = class extends WebSocket {
  constructor(...place) {
    super(...place);
    this.addEventListener("message", (event) => {
      if (typeof event.data !== "string") return;
      const [kind, why] = JSON.parse(event.data);
      if (kind === "ended") document.querySelector(".why").textContent = why;
    });
  }
};
