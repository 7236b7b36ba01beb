// The models that a page has: in files beside it, run here, or behind the server that gave the page.

import { openLocal } from "./local.js";
import { openRemote } from "./remote.js";

let token = "";

/** Tell which models and example clips there are; asks for a token where a server wants one. */
export async function inventory(askToken) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch("./models.json", { headers });
  if (answer.status === 401) {
    token = await askToken();
    return inventory(askToken);
  }
  if (!answer.ok) throw new Error(`models.json: ${answer.status} ${answer.statusText}`);
  return answer.json();
}

/** Open a model of the inventory: labels, sampleRate, windowSize, answer, hops and listen. */
export function open(described) {
  return described.module ? openLocal(described.module) : openRemote(described, token);
}
