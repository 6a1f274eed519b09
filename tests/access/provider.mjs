// A real OpenID Connect provider (npm oidc-provider, certified) on loopback, for the tests of single
// sign-on. Whoever comes is logged in as the account that the test chose by POST /control.
import http from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, port, client, secret, redirect, back] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const { default: Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));

const issuer = `http://127.0.0.1:${port}`;
let now = { account: "ana", claims: {} };

const provider = new Provider(issuer, {
  clients: [{
    client_id: client,
    client_secret: secret,
    redirect_uris: [redirect],
    post_logout_redirect_uris: [back],
    response_types: ["code"],
    grant_types: ["authorization_code"],
  }],
  pkce: { methods: ["S256"], required: () => true },
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["name", "preferred_username", "groups"],
  },
  conformIdTokenClaims: false,
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: async (ctx, form) => {
        ctx.body = `<html><body>${form}<button form="op.logoutForm" name="logout" value="yes">Yes</button></body></html>`;
      },
    },
  },
  cookies: { keys: ["test"] },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: async (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, ...now.claims }) }),
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
});

const answer = provider.callback();
const server = http.createServer(async (request, response) => {
  if (request.url === "/control") {
    let text = "";
    for await (const part of request) text += part;
    now = JSON.parse(text);
    response.end("ok");
  } else if (request.url.startsWith("/interaction/")) {
    await provider.interactionFinished(request, response, now.refuse
      ? { error: "access_denied", error_description: "the person said no" }
      : { login: { accountId: now.account } });
  } else {
    answer(request, response);
  }
});
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
