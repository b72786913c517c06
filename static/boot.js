// Inline scripts are refused by the page's policy, so the first line lives here.
import init from './ui.js';

await init();
