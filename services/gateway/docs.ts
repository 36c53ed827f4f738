import { readFile } from "node:fs/promises";
import { join } from "node:path";
import swaggerUiFolder from "swagger-ui-dist/absolute-path.js";
import { notFound } from "../../mixins/rest/rest-error.ts";

export interface Asset {
  readonly body: string | Buffer;
  readonly mediaType: string;
}

/** Everything comes from here, so that the page works without the internet and under a strict policy. */
export const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  // Swagger UI writes style attributes
  "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const DOCS_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>QuantumAlpha API</title>
    <link rel="stylesheet" href="/api/docs/swagger-ui.css" />
    <link rel="icon" href="/api/docs/favicon-32x32.png" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/api/docs/swagger-ui-bundle.js"></script>
    <script src="/api/docs/init.js"></script>
  </body>
</html>
`;

const INIT = `window.ui = SwaggerUIBundle({
  url: "/api/openapi.json" + window.location.search,
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: true,
});
`;

const FILES: ReadonlyMap<string, string> = new Map([
  ["swagger-ui.css", "text/css; charset=utf-8"],
  ["swagger-ui-bundle.js", "text/javascript; charset=utf-8"],
  ["favicon-32x32.png", "image/png"],
]);

const loaded = new Map<string, Promise<Asset>>();

/** @throws RestError 404 */
export async function docsAsset(name: string): Promise<Asset> {
  if (name === "init.js") return { body: INIT, mediaType: "text/javascript; charset=utf-8" };
  const mediaType = FILES.get(name);
  if (mediaType === undefined) throw notFound("file", name);
  const asset = loaded.get(name) ?? load(name, mediaType);
  loaded.set(name, asset);
  return asset;
}

async function load(name: string, mediaType: string): Promise<Asset> {
  return { body: await readFile(join(swaggerUiFolder(), name)), mediaType };
}
