// Checks how a site describes itself to Bluesky's servers with the code of Bluesky's own OAuth provider.
// The provider reads only descriptions that are published: here its request is answered by a site on this machine.
import { createRequire } from "node:module";

const [packages, site, clientId, server, parameters] = process.argv.slice(2);
const { ClientManager } = createRequire(`${packages}/`)(`${packages}/@atproto/oauth-provider/dist/client/client-manager.js`);
const metadata = await (await fetch(`${server}/.well-known/oauth-authorization-server`)).json();
const fetchPublished = (request) => {
  const url = new URL(new Request(request).url);
  return fetch(new URL(url.pathname + url.search, site), { redirect: "error" });
};
const cache = () => {
  const values = new Map();
  return { get: (key) => values.get(key), set: (key, value) => values.set(key, value), del: (key) => values.delete(key) };
};
const manager = new ClientManager(metadata, {}, {}, null, null, fetchPublished, cache(), cache());
const client = await manager.getClient(clientId);
client.validateRequest(JSON.parse(parameters));
console.log(JSON.stringify(client.metadata));
