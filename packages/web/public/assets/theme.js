// Before the first paint, so that a dark room stays dark: the chosen theme, else the one of the system.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('pegbar.theme');
  } catch {
    // Storage is closed to this page; the system decides.
  }
  const dark =
    chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
