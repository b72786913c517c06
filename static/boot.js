// The page's policy refuses inline scripts, so the first line lives here. The package is fetched
// beside the page's own wasm; neither waits for the other.
import init from './ui.js';
import { prepare } from './bridge.mjs';

prepare();
try {
  await init();
} catch (error) {
  const place = document.getElementById('boot');
  if (place) place.textContent = `The page could not start: ${error.message ?? error}. Reload, or try a current browser.`;
  throw error;
}
