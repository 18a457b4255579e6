import { defineConfig } from "vite";

// The gateway serves what is built here; its content security policy allows no inline script,
// so nothing may be inlined into the documents.
export default defineConfig({
  build: {
    outDir: "../src/backstride_gateway/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ["index.html", "member.html", "entrance.html", "gym.html"] },
  },
});
