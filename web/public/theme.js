// Before the first paint, so that a chosen theme never flashes the other one. Kept in step with src/shell/theme.ts.
try {
  const theme = localStorage.getItem('threeways-theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage is blocked: the system's preference stands.
}
