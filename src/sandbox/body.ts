import { messageOf } from "../kernel/errors.ts";
import { isObject, type JsonObject } from "../kernel/json.ts";
import { invalidRequest, tooLarge } from "./api-error.ts";

/** The body as a JSON object. Throws 413 beyond `capBytes`, 400 for anything that is not a JSON object. */
export async function readJson(request: Request, capBytes: number): Promise<JsonObject> {
  const text = await readText(request, capBytes);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw invalidRequest(`The request body is not valid JSON: ${messageOf(cause)}`);
  }
  if (!isObject(body)) throw invalidRequest("The request body must be a JSON object.");
  return body as JsonObject;
}

async function readText(request: Request, capBytes: number): Promise<string> {
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    refuseBeyond(Number(declared), capBytes);
    return request.text();
  }
  const decoder = new TextDecoder();
  let size = 0;
  let text = "";
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    refuseBeyond(size, capBytes);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Throws 413 when a size is beyond the cap. */
export function refuseBeyond(sizeBytes: number, capBytes: number): void {
  if (sizeBytes > capBytes) throw tooLarge(capBytes);
}

/** Throws 400 for the first member that is not among the known ones, as the API words it. */
export function refuseExtras(body: JsonObject, known: ReadonlySet<string>, prefix = ""): void {
  for (const name of Object.keys(body)) {
    if (!known.has(name)) throw invalidRequest(`${prefix}${name}: Extra inputs are not permitted`);
  }
}
