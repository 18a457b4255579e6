import { defineConfig } from "vite";

// The gateway serves what is built here; its content security policy allows no inline script,
// so nothing may be inlined into the documents.
export default defineConfig({
  build: {
    outDir: "../src/backstride_gateway/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: ["index.html", "worker/sw.ts"],
      output: {
        // a worker's address must stay: it stands in browsers that have it
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
});
