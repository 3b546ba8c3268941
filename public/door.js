// For the pages before one is in; they work without it.

// A second click must not send a form again while the first is under way.
addEventListener('submit', (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = 'yes';
});
addEventListener('pageshow', () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// Tells the inviter that a person has the invitation before them, which scanners of links have not: at the first
// movement or key, or after a while in focus. Once; a nicety that nobody misses when it fails.
if (document.querySelector('[data-tell-opened]')) {
  let told = false;
  const tell = () => {
    if (told) return;
    told = true;
    const token = location.pathname.split('/').pop();
    fetch('/api/note_invitation_opened', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
      keepalive: true,
    }).catch(() => {});
  };
  for (const sign of ['pointermove', 'pointerdown', 'keydown']) addEventListener(sign, tell, { once: true });
  setTimeout(() => document.hasFocus() && tell(), 2000);
}
