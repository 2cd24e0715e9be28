// Every call to the service. A failure is always one of two things: the service said no, or it was not reached.

const TIMEOUT_MS = 10000;

/** The service answered with a problem document. */
export class Problem extends Error {
  constructor(document) {
    super(document.detail || document.title || "出错了");
    Object.assign(this, { status: document.status, code: document.code, errors: document.errors ?? [],
      versions: document.versions ?? null, requestId: document.request_id });
  }
}

/** The service could not be reached, or took too long. */
export class Unreachable extends Error {}

export async function call(method, path, body, { signal, timeout = TIMEOUT_MS, headers = {} } = {}) {
  const limit = AbortSignal.timeout(timeout);
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? headers : { "Content-Type": "application/json", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      credentials: "same-origin",
    });
    if (response.ok) return await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreachable(limit.aborted ? "服务响应超时" : "连不上服务", { cause: error });
  }
  throw new Problem(await response.json().catch(() => ({ status: response.status, detail: `服务返回 ${response.status}` })));
}

export const get = (path, options) => call("GET", path, undefined, options);
export const post = (path, body, options) => call("POST", path, body, options);
export const patch = (path, body, options) => call("PATCH", path, body, options);

/** A name for a request that may be repeated without happening twice. */
export const newKey = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;

/** A POST that creates. Said again with the same body, because its answer got lost, it does not create twice. */
export class Creator {
  #path;
  #body = "";
  #key = "";

  constructor(path) {
    this.#path = path;
  }

  post(body, headers = {}) {
    const text = JSON.stringify(body);
    if (text !== this.#body) [this.#body, this.#key] = [text, newKey()];
    return post(this.#path, body, { headers: { "Idempotency-Key": this.#key, ...headers } });
  }
}

const kept = new Map();

/** A GET whose answer does not change while the service runs. A failure is not kept. */
export function once(path) {
  if (!kept.has(path)) kept.set(path, get(path).catch((error) => { kept.delete(path); throw error; }));
  return kept.get(path);
}
