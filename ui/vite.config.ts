import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const backend = process.env.TRADEWIND_BACKEND ?? "http://127.0.0.1:8080";
const proxied = ["/ui", "/api", "/auth", "/health"];

// `base: "./"` with a <base href> in index.html: one build serves under any path prefix.
export default defineConfig({
  base: "./",
  plugins: [react()],
  build: {
    outDir: "../src/tradewind/api/static",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 600,
  },
  worker: { format: "es" },
  server: { proxy: Object.fromEntries(proxied.map((path) => [path, backend])) },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
